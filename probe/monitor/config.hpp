// The daemon's own file, wsprobe.yml: which scenarios, within which limits, kept where.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "monitor/history.hpp"
#include "monitor/vantage.hpp"
#include "scenario/diagnostic.hpp"
#include "scenario/keys.hpp"

namespace wsprobe::monitor {

/// Every default is written here and nowhere else.
struct Config {
  std::vector<std::string> scenarios;  ///< paths and patterns ("scenarios/*.yaml"), as they are to be opened
  std::size_t concurrency = 256;       ///< runs at the same time
  std::vector<Neighbour> vantage;
  std::string storage_path;  ///< empty: in memory
  Retention retention;
  std::vector<std::string> listen_addresses{"127.0.0.1:9808"};
  std::string web_config_file;             ///< empty: plain HTTP
  std::vector<std::string> probe_targets;  ///< what /probe may be pointed at: "https://host[:port]"
};

extern const scenario::KeyTable config_keys;
extern const scenario::KeyTable limits_keys;
extern const scenario::KeyTable storage_keys;
extern const scenario::KeyTable web_keys;

using ConfigResult = tl::expected<Config, std::vector<scenario::Diagnostic>>;

/// Relative paths in the file begin at `directory` ("conf/", or empty).
[[nodiscard]] ConfigResult read_config(std::string_view yaml, const std::string& file_name,
                                       const std::string& directory);

/// "host:port", "[address]:port".
[[nodiscard]] tl::expected<Neighbour, std::string> parse_host_and_port(std::string_view text);

/// "512MB", "2GiB", "1000000": bytes.
[[nodiscard]] tl::expected<std::int64_t, std::string> parse_size(std::string_view text);

/// "36h", "90d", "1y" (of 365 days) as well as what scenarios write.
[[nodiscard]] tl::expected<Duration, std::string> parse_age(std::string_view text);

}  // namespace wsprobe::monitor
