// A value of a JSON document and the way to it, for readers that point at what they refuse. Only exporters/json*.cpp
// include this: the JSON library is seen nowhere else.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/report.hpp"
#include "core/text.hpp"
#include "exporters/timestamp.hpp"

namespace wsprobe::exporters {

using Json = nlohmann::json;

/// Thrown by a Place and caught where the document was given.
struct Malformed {
  std::string pointer;
  std::string message;
  std::string help;
};

inline std::string backquoted(std::string_view text) {
  return fmt::format("`{}`", shorten(escape_for_display(text), 60));
}

/// A value of the document and the way to it.
class Place {
 public:
  Place(const Json& value, std::string pointer) : value_(&value), pointer_(std::move(pointer)) {}

  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  [[nodiscard]] const Json& value() const { return *value_; }

  [[noreturn]] void refuse(std::string message, std::string help = {}) const {
    throw Malformed{pointer_, std::move(message), std::move(help)};
  }
  [[noreturn]] void refuse_type(std::string_view wanted) const {
    const std::string name = pointer_.empty() ? "the document" : backquoted(pointer_.substr(pointer_.rfind('/') + 1));
    refuse(fmt::format("{} has to be {}, not {}", name, wanted, value_->type_name()));
  }

  /// The member, which has to be there.
  [[nodiscard]] Place at(const char* key) const {
    if (!value_->is_object()) refuse_type("an object");
    const auto found = value_->find(key);
    if (found == value_->end()) refuse(fmt::format("the key `{}` is missing", key));
    return {*found, fmt::format("{}/{}", pointer_, key)};
  }
  /// None where the member is missing or null.
  [[nodiscard]] std::optional<Place> find(const char* key) const {
    if (!value_->is_object()) refuse_type("an object");
    const auto found = value_->find(key);
    if (found == value_->end() || found->is_null()) return std::nullopt;
    return Place(*found, fmt::format("{}/{}", pointer_, key));
  }
  [[nodiscard]] std::vector<Place> items() const {
    if (!value_->is_array()) refuse_type("an array");
    std::vector<Place> places;
    for (std::size_t at = 0; at < value_->size(); ++at) {
      places.emplace_back((*value_)[at], fmt::format("{}/{}", pointer_, at));
    }
    return places;
  }

  [[nodiscard]] std::string text() const {
    if (!value_->is_string()) refuse_type("a string");
    return value_->get<std::string>();
  }
  [[nodiscard]] bool boolean() const {
    if (!value_->is_boolean()) refuse_type("true or false");
    return value_->get<bool>();
  }
  [[nodiscard]] double number() const {
    if (!value_->is_number()) refuse_type("a number");
    return value_->get<double>();
  }
  template <typename Integer>
  [[nodiscard]] Integer integer(Integer lowest = std::numeric_limits<Integer>::min(),
                                Integer highest = std::numeric_limits<Integer>::max()) const {
    if (!value_->is_number_integer()) refuse_type("an integer");
    const auto fits = [&](auto number) {
      return std::cmp_greater_equal(number, lowest) && std::cmp_less_equal(number, highest);
    };
    const bool in_range =
        value_->is_number_unsigned() ? fits(value_->get<std::uint64_t>()) : fits(value_->get<std::int64_t>());
    if (!in_range) refuse(fmt::format("the number is not in {}..{}", lowest, highest));
    return value_->get<Integer>();
  }
  /// Decimal seconds, to the nanosecond.
  [[nodiscard]] Duration seconds() const {
    constexpr double longest = 1e7;
    const double value = number();
    if (!(value >= 0 && value <= longest)) refuse(fmt::format("the number of seconds is not in 0..{}", longest));
    return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(std::llround(value * 1e9)));
  }
  [[nodiscard]] WallTime time() const {
    const auto time = parse_timestamp(text());
    if (!time) refuse("not a time in UTC, as 2026-11-23T03:36:33.042Z");
    return *time;
  }
  /// One of a closed list of words.
  template <typename Word>
  [[nodiscard]] Word word(std::span<const Word> words) const {
    const std::string found = text();
    std::string allowed;
    for (const Word candidate : words) {
      if (name(candidate) == found) return candidate;
      allowed += fmt::format("{}{}", allowed.empty() ? "allowed: " : ", ", name(candidate));
    }
    refuse(fmt::format("{} is not a word of this place", backquoted(found)), words.size() <= 10 ? allowed : "");
  }

 private:
  const Json* value_;
  std::string pointer_;
};

}  // namespace wsprobe::exporters
