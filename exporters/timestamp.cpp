#include "exporters/timestamp.hpp"

#include <chrono>

#include <fmt/format.h>

namespace wsprobe::exporters {

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

}  // namespace wsprobe::exporters
