#include "exporters/timestamp.hpp"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace wsprobe::exporters {
namespace {

// Whole years that fit into WallTime's 64 bits of nanoseconds.
constexpr std::chrono::year first_year(1678);
constexpr std::chrono::year last_year(2261);

}  // namespace

std::string iso_date(WallTime time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string iso_timestamp(WallTime time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - midnight).count();
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", iso_date(time), milliseconds / 3'600'000,
                     milliseconds / 60'000 % 60, milliseconds / 1'000 % 60, milliseconds % 1'000);
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t at = 0; at < form.size(); ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    if (form[at] == '0' ? !digit : text[at] != form[at]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!date.ok() || date.year() < first_year || date.year() > last_year || number(11, 2) > 23 || number(14, 2) > 59 ||
      number(17, 2) > 60)
    return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
         std::chrono::seconds(number(17, 2)) + std::chrono::milliseconds(number(20, 3));
}

}  // namespace wsprobe::exporters
