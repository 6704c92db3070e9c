#include "monitor/config.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "scenario/loader.hpp"
#include "scenario/yaml_reader.hpp"

namespace wsprobe::monitor {
namespace {

using scenario::Diagnostics;
using scenario::Key;
using scenario::MapReader;
using scenario::Node;

constexpr std::array<Key, 6> config_list{
    {{"scenarios"}, {"limits"}, {"vantage"}, {"storage"}, {"web"}, {"probe_targets"}}};
constexpr std::array<Key, 1> limits_list{{{"concurrency"}}};
constexpr std::array<Key, 3> storage_list{{{"path"}, {"keep_for"}, {"keep_size"}}};
constexpr std::array<Key, 2> web_list{{{"listen_address"}, {"config_file"}}};

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

class Reader {
 public:
  Reader(Diagnostics& diagnostics, const std::string& directory) : diagnostics_(diagnostics), directory_(directory) {}

  Config read(const Node& root) {
    Config config;
    const MapReader map(root, config_keys, diagnostics_);
    for (std::string& path : words(map, "scenarios")) config.scenarios.push_back(resolved(path));
    for (const Node* node : items(map, "vantage")) read_neighbour(*node, config);
    for (const Node* node : items(map, "probe_targets")) read_target(*node, config);
    if (const Node* limits = map.find("limits")) {
      const MapReader inner(*limits, limits_keys, diagnostics_);
      if (const Node* node = inner.find("concurrency")) {
        const auto number = scenario::read_integer(*node, "`concurrency`", 1, 10'000, diagnostics_);
        if (number) config.concurrency = static_cast<std::size_t>(*number);
      }
    }
    if (const Node* storage = map.find("storage")) read_storage(*storage, config);
    if (const Node* web = map.find("web")) read_web(*web, config);
    return config;
  }

 private:
  std::vector<const Node*> items(const MapReader& map, const char* key) {
    std::vector<const Node*> found;
    const Node* node = map.find(key);
    if (node == nullptr || !scenario::expect_list(*node, fmt::format("`{}`", key), diagnostics_)) return found;
    for (const scenario::NodePtr& item : node->items) found.push_back(item.get());
    return found;
  }

  std::vector<std::string> words(const MapReader& map, const char* key) {
    std::vector<std::string> found;
    for (const Node* item : items(map, key)) {
      if (auto word = scenario::read_text(*item, fmt::format("an entry of `{}`", key), diagnostics_)) {
        found.push_back(std::move(*word));
      }
    }
    return found;
  }

  [[nodiscard]] std::string resolved(const std::string& path) const {
    return path.starts_with('/') ? path : directory_ + path;
  }

  void read_neighbour(const Node& node, Config& config) {
    const auto text = scenario::read_text(node, "an entry of `vantage`", diagnostics_);
    if (!text) return;
    auto neighbour = parse_host_and_port(*text);
    if (neighbour) {
      config.vantage.push_back(std::move(*neighbour));
    } else {
      diagnostics_.error(node.at, fmt::format("{}: {}", scenario::backquoted(*text), neighbour.error()),
                         "something near that answers on TCP while the network works: `192.0.2.1:53`");
    }
  }

  void read_target(const Node& node, Config& config) {
    const auto text = scenario::read_text(node, "an entry of `probe_targets`", diagnostics_);
    if (!text) return;
    const auto url = scenario::parse_url(*text, {"ws", "wss", "http", "https"});
    if (url) {
      config.probe_targets.push_back(*text);
    } else {
      diagnostics_.error(node.at, fmt::format("an entry of `probe_targets`: {}", url.error()));
    }
  }

  void read_storage(const Node& storage, Config& config) {
    const MapReader map(storage, storage_keys, diagnostics_);
    if (const Node* node = map.find("path")) {
      if (const auto path = scenario::read_text(*node, "`path`", diagnostics_)) config.storage_path = resolved(*path);
    }
    read_parsed(map.find("keep_for"), "keep_for", parse_age, config.retention.age);
    read_parsed(map.find("keep_size"), "keep_size", parse_size, config.retention.bytes);
  }

  template <typename Parse, typename T>
  void read_parsed(const Node* node, const char* key, const Parse& parse, T& into) {
    if (node == nullptr) return;
    const std::string what = fmt::format("`{}`", key);
    const auto text = scenario::read_scalar(*node, what, diagnostics_);
    if (!text) return;
    const auto value = parse(*text);
    if (value) {
      into = *value;
    } else {
      diagnostics_.error(node->at, fmt::format("{}: {}", what, value.error()));
    }
  }

  void read_web(const Node& web, Config& config) {
    const MapReader map(web, web_keys, diagnostics_);
    if (const Node* node = map.find("listen_address")) {
      if (auto address = scenario::read_text(*node, "`listen_address`", diagnostics_)) {
        config.listen_addresses = {std::move(*address)};
      }
    }
    if (const Node* node = map.find("config_file")) {
      if (const auto path = scenario::read_text(*node, "`config_file`", diagnostics_)) {
        config.web_config_file = resolved(*path);
      }
    }
  }

  Diagnostics& diagnostics_;
  const std::string& directory_;
};

}  // namespace

const scenario::KeyTable config_keys{"configuration", config_list};
const scenario::KeyTable limits_keys{"limits", limits_list};
const scenario::KeyTable storage_keys{"storage", storage_list};
const scenario::KeyTable web_keys{"web section", web_list};

ConfigResult read_config(std::string_view yaml, const std::string& file_name, const std::string& directory) {
  Diagnostics diagnostics(file_name, yaml);
  Config config;
  if (const scenario::NodePtr root = scenario::parse_yaml(yaml, diagnostics)) {
    config = Reader(diagnostics, directory).read(*root);
  }
  if (diagnostics.has_errors()) return tl::unexpected(diagnostics.take(scenario::Severity::error));
  return config;
}

tl::expected<Neighbour, std::string> parse_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return tl::unexpected<std::string>("the port is missing: HOST:PORT");
  std::string_view host = text.substr(0, colon);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return tl::unexpected<std::string>("the port is a number from 0 to 65535");
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (!in_brackets && host.find(':') != std::string_view::npos) {
    return tl::unexpected<std::string>("an IPv6 address stands in brackets: [::1]:9808");
  }
  return Neighbour{std::string(host), *port};
}

tl::expected<std::int64_t, std::string> parse_size(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t bytes;
  };
  static constexpr std::array<Unit, 8> units{{{"KiB", 1LL << 10U},
                                              {"MiB", 1LL << 20U},
                                              {"GiB", 1LL << 30U},
                                              {"KB", 1'000},
                                              {"MB", 1'000'000},
                                              {"GB", 1'000'000'000},
                                              {"B", 1},
                                              {"", 1}}};
  constexpr std::int64_t least = 1'000'000;
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = parse_number<std::int64_t>(text.substr(0, text.size() - unit.name.size()));
    if (!number || *number < 0 || *number > (1LL << 50U) / unit.bytes) break;
    if (*number * unit.bytes < least) return tl::unexpected<std::string>("at least 1MB is needed");
    return *number * unit.bytes;
  }
  return tl::unexpected<std::string>("a size looks like `512MB` or `2GiB`");
}

tl::expected<Duration, std::string> parse_age(std::string_view text) {
  const char unit = text.empty() ? '\0' : text.back();
  if (unit != 'd' && unit != 'w' && unit != 'y') return scenario::parse_duration(text);
  const auto number = parse_number<int>(text.substr(0, text.size() - 1));
  if (!number || *number < 1 || *number > 3650) {
    return tl::unexpected<std::string>("an age looks like `12h`, `90d`, `1y`");
  }
  const int days = unit == 'd' ? 1 : unit == 'w' ? 7 : 365;
  return std::chrono::hours(24) * days * *number;
}

}  // namespace wsprobe::monitor
