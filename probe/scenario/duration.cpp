#include <array>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "scenario/loader.hpp"

#include "core/ascii.hpp"

namespace wsprobe::scenario {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// From large to small: a duration names its units in this order, each at most once.
constexpr std::array units{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::int64_t longest = 24 * 3'600'000;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate predicate) {
  std::size_t length = 0;
  while (length < text.size() && predicate(text[length])) ++length;
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

}  // namespace

tl::expected<Duration, std::string> parse_duration(std::string_view text) {
  const std::string_view whole = text;
  if (text.empty()) return tl::unexpected<std::string>("it is empty");
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const std::string_view digits = take_while(text, is_digit);
    const std::string_view name = take_while(text, is_letter);
    if (digits.empty() || (name.empty() && !text.empty())) {
      return tl::unexpected(fmt::format("{} is not a duration", backquoted(whole)));
    }
    if (name.empty()) return tl::unexpected(fmt::format("{} lacks a unit", backquoted(whole)));
    std::size_t unit = 0;
    while (unit < units.size() && units[unit].name != name) ++unit;
    if (unit == units.size()) return tl::unexpected(fmt::format("{} is not a unit of time", backquoted(name)));
    if (unit < next_unit) return tl::unexpected(fmt::format("the units of {} are not in order", backquoted(whole)));
    next_unit = unit + 1;
    std::int64_t count = 0;
    for (const char digit : digits) {
      count = count * 10 + (digit - '0');
      if (count > longest) return tl::unexpected(fmt::format("{} is longer than 24h", backquoted(whole)));
    }
    total += count * units[unit].milliseconds;
    if (total > longest) return tl::unexpected(fmt::format("{} is longer than 24h", backquoted(whole)));
  }
  if (total < 1) return tl::unexpected(fmt::format("{} is shorter than 1ms", backquoted(whole)));
  return std::chrono::milliseconds(total);
}

}  // namespace wsprobe::scenario
