#include "core/configuration.hpp"

#include <fmt/format.h>

namespace wsprobe {

std::string SourcePlace::text() const {
  if (line <= 0) return file;
  return column <= 0 ? fmt::format("{}:{}", file, line) : fmt::format("{}:{}:{}", file, line, column);
}

std::string_view name(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::error: return "error";
    case FindingSeverity::warning: return "warning";
    case FindingSeverity::note: return "note";
  }
  return {};
}

std::string_view name(FindingState state) {
  switch (state) {
    case FindingState::not_probed: return "not_probed";
    case FindingState::confirmed: return "confirmed";
    case FindingState::fits: return "fits";
    case FindingState::cleared: return "cleared";
    case FindingState::undecided: return "undecided";
  }
  return {};
}

std::string_view name(ConfigurationSource::From from) {
  return from == ConfigurationSource::From::running ? "running" : "file";
}

}  // namespace wsprobe
