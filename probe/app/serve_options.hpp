// The options of `wsprobe serve`, named as Prometheus exporters name theirs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/log.hpp"
#include "core/clock.hpp"

namespace wsprobe::app {

enum class ServeAction : std::uint8_t { serve, check };

/// What is empty here is as the configuration file has it.
struct ServeSettings {
  ServeAction action = ServeAction::serve;
  std::vector<std::string> files;  ///< scenario files besides those of the configuration
  std::string config_file;
  std::vector<std::string> listen_addresses;
  std::string web_config_file;
  std::string storage_path;
  std::optional<Duration> storage_time;
  std::optional<std::int64_t> storage_size;
  std::optional<Duration> reload_interval;  ///< how often the files are looked at; empty: never
  LogStyle log;
};

}  // namespace wsprobe::app
