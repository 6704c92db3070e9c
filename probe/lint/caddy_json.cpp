#include "lint/caddy_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/text.hpp"

namespace wsprobe::lint::caddy {
namespace {

constexpr std::size_t longest_text = 80;

std::vector<std::string> texts(const Node* node) {
  std::vector<std::string> out;
  if (node == nullptr) return out;
  if (node->is_scalar()) out.push_back(node->text);
  for (const NodePtr& item : node->items) out.push_back(text_of(item.get()));
  return out;
}

int number(const Node* node) {
  const std::string text = text_of(node);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

bool is_true(const Node* node) { return text_of(node) == "true"; }

class JsonReader {
 public:
  explicit JsonReader(const Source& source) : source_(source) {}

  std::vector<Route> routes(const Node* list, const std::string& path) const {
    std::vector<Route> out;
    if (list == nullptr) return out;
    for (const NodePtr& item : list->items) out.push_back(route(*item, element(path, out.size())));
    return out;
  }

 private:
  static std::string element(const std::string& path, std::size_t index) {
    return path.empty() ? std::to_string(index) : fmt::format("{}/{}", path, index);
  }

  [[nodiscard]] Place at(const Node& node, std::string path) const {
    Place place = place_of(source_, node);
    place.inside = std::move(path);
    return place;
  }

  Route route(const Node& node, const std::string& path) const {
    Route out;
    out.at = at(node, path);
    out.group = text_of(member(node, "group"));
    out.terminal = is_true(member(node, "terminal"));
    if (const Node* match = member(node, "match")) {
      for (const NodePtr& set : match->items) out.match.push_back(matcher_set(*set));
      out.match_text = description(out.match);
    }
    if (const Node* handle = member(node, "handle")) {
      for (const NodePtr& item : handle->items) {
        out.handlers.push_back(handler(*item, element(path + "/handle", out.handlers.size())));
      }
    }
    return out;
  }

  // ---- matchers ----

  static std::string description(const std::vector<MatcherSet>& sets) {
    std::string text;
    for (const MatcherSet& set : sets) {
      if (!text.empty()) text += " or ";
      std::string one;
      for (const Matcher& matcher : set.all) {
        const std::string word = matcher.kind == MatcherKind::negation ? "not" : matcher.name;
        one += fmt::format("{}{}{}{}", one.empty() ? "" : " and ", word, matcher.values.empty() ? "" : " ",
                           fmt::join(matcher.values, " "));
      }
      text += one;
    }
    return text;
  }

  MatcherSet matcher_set(const Node& node) const {
    MatcherSet set;
    for (const scenario::MapEntry& entry : node.entries) matcher(entry, set);
    return set;
  }

  void matcher(const scenario::MapEntry& entry, MatcherSet& set) const {
    const Node& value = *entry.value;
    Matcher one;
    one.name = entry.key;
    constexpr std::array<std::pair<std::string_view, MatcherKind>, 6> simple{{{"host", MatcherKind::host},
                                                                              {"path", MatcherKind::path},
                                                                              {"method", MatcherKind::method},
                                                                              {"protocol", MatcherKind::protocol},
                                                                              {"remote_ip", MatcherKind::address},
                                                                              {"client_ip", MatcherKind::address}}};
    for (const auto& [name, kind] : simple) {
      if (name == entry.key) one.kind = kind;
    }
    if (one.kind == MatcherKind::address) {
      one.values = texts(member(value, "ranges"));
    } else if (one.kind != MatcherKind::other) {
      one.values = texts(&value);
    } else if (entry.key == "path_regexp") {
      one.kind = MatcherKind::path_regexp;
      one.name = text_of(member(value, "name"));
      one.values = {text_of(member(value, "pattern"))};
    } else if (entry.key == "file") {
      one.kind = MatcherKind::file;
      one.values = texts(member(value, "try_files"));
    } else if (entry.key == "not") {
      one.kind = MatcherKind::negation;
      for (const NodePtr& item : value.items) one.sets.push_back(matcher_set(*item));
    } else if (entry.key == "header") {
      headers(value, set);
      return;
    }
    set.all.push_back(std::move(one));
  }

  static void headers(const Node& value, MatcherSet& set) {
    for (const scenario::MapEntry& field : value.entries) {
      Matcher one;
      one.kind = field.value->kind == scenario::NodeKind::null ? MatcherKind::no_header : MatcherKind::header;
      one.name = field.key;
      one.values = texts(field.value.get());
      set.all.push_back(std::move(one));
    }
  }

  // ---- handlers ----

  Handler handler(const Node& node, const std::string& path) const {
    Handler out;
    const std::string name = text_of(member(node, "handler"));
    out.at = at(node, path);
    if (name == "subroute") {
      out.kind = HandlerKind::subroute;
      out.routes = routes(member(node, "routes"), path + "/routes");
    } else if (name == "rewrite") {
      rewrite(node, out);
    } else if (name == "static_response") {
      respond(node, out);
    } else if (name == "error") {
      out.kind = HandlerKind::error;
      out.status = number(member(node, "status_code"));
    } else if (name == "reverse_proxy") {
      reverse_proxy(node, path, out);
    } else if (name == "file_server") {
      out.kind = is_true(member(node, "pass_thru")) ? HandlerKind::harmless : HandlerKind::file_server;
    } else if (name == "authentication") {
      out.kind = HandlerKind::authentication;
    } else if (name == "headers") {
      out.kind = HandlerKind::request_headers;
      out.header_changes = header_changes(member(node, "request"), path + "/request");
    } else if (is_harmless(name)) {
      out.kind = HandlerKind::harmless;
    }
    out.text = shown(name, out);
    return out;
  }

  /// The handler's name and the one value that tells it from others of its kind.
  static std::string shown(const std::string& name, const Handler& handler) {
    std::string detail;
    if (handler.kind == HandlerKind::rewrite) {
      detail = handler.uri.empty() ? handler.strip_prefix + handler.strip_suffix + handler.replaced : handler.uri;
    } else if (handler.kind == HandlerKind::reverse_proxy) {
      detail = fmt::format("{}", fmt::join(handler.upstreams, " "));
    } else if (handler.status != 0) {
      detail = std::to_string(handler.status);
    }
    return shorten(detail.empty() ? name : name + " " + detail, longest_text);
  }

  static bool is_harmless(const std::string& name) {
    constexpr std::array<std::string_view, 11> names{"vars",       "encode",        "request_body", "map",
                                                     "push",       "templates",     "tracing",      "metrics_exporter",
                                                     "log_append", "copy_response", "intercept"};
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  static void rewrite(const Node& node, Handler& out) {
    out.kind = HandlerKind::rewrite;
    out.uri = text_of(member(node, "uri"));
    out.strip_prefix = text_of(member(node, "strip_path_prefix"));
    out.strip_suffix = text_of(member(node, "strip_path_suffix"));
    out.rewrites_by_regexp = member(node, "path_regexp") != nullptr;
    const Node* substrings = member(node, "uri_substring");
    if (substrings == nullptr || substrings->items.empty()) return;
    out.replaced = text_of(member(*substrings->items.front(), "find"));
    out.replacement = text_of(member(*substrings->items.front(), "replace"));
  }

  static void respond(const Node& node, Handler& out) {
    out.kind = HandlerKind::respond;
    out.status = number(member(node, "status_code"));
    out.aborts = is_true(member(node, "abort"));
    if (const Node* headers = member(node, "headers")) {
      const std::vector<std::string> values = texts(member(*headers, "Location"));
      if (!values.empty()) out.location = values.front();
    }
  }

  std::vector<HeaderChange> header_changes(const Node* request, const std::string& path) const {
    std::vector<HeaderChange> out;
    if (request == nullptr) return out;
    if (const Node* removed = member(*request, "delete")) {
      for (const NodePtr& item : removed->items) {
        out.push_back({HeaderChange::Kind::remove, text_of(item.get()), {}, at(*item, path + "/delete")});
      }
    }
    const Node* set = member(*request, "set");
    if (set == nullptr) return out;
    for (const scenario::MapEntry& entry : set->entries) {
      const std::vector<std::string> values = texts(entry.value.get());
      out.push_back({HeaderChange::Kind::set,
                     entry.key,
                     values.empty() ? "" : values.front(),
                     {source_.name, entry.at.line, entry.at.column, path + "/set/" + entry.key}});
    }
    return out;
  }

  void reverse_proxy(const Node& node, const std::string& path, Handler& out) const {
    out.kind = HandlerKind::reverse_proxy;
    if (const Node* upstreams = member(node, "upstreams")) {
      for (const NodePtr& item : upstreams->items) out.upstreams.push_back(text_of(member(*item, "dial")));
    }
    out.dynamic_upstreams = member(node, "dynamic_upstreams") != nullptr;
    if (const Node* headers = member(node, "headers")) {
      out.header_changes = header_changes(member(*headers, "request"), path + "/headers/request");
    }
    const Node* rewrite = member(node, "rewrite");
    if (rewrite != nullptr) out.uri = text_of(member(*rewrite, "uri"));
    out.asks_first = rewrite != nullptr && member(*rewrite, "method") != nullptr && passes_on_success(node);
    if (const Node* transport = member(node, "transport")) {
      out.protocol = text_of(member(*transport, "protocol"));
      if (const Node* versions = member(*transport, "versions")) {
        out.versions = texts(versions);
        out.versions_at = at(*versions, path + "/transport/versions");
      }
      duration(*transport, "read_timeout", path + "/transport", out.read_timeout, out.read_timeout_at);
    }
    duration(node, "stream_timeout", path, out.stream_timeout, out.stream_timeout_at);
  }

  /// What forward_auth becomes: an answer of 2xx is handled by routes that answer nothing.
  static bool passes_on_success(const Node& node) {
    const Node* handle = member(node, "handle_response");
    if (handle == nullptr) return false;
    return std::any_of(handle->items.begin(), handle->items.end(), [](const NodePtr& item) {
      const Node* codes = path(*item, {"match", "status_code"});
      return codes != nullptr && !codes->items.empty() && text_of(codes->items.front().get()) == "2";
    });
  }

  void duration(const Node& node, std::string_view key, const std::string& path, std::optional<Duration>& value,
                Place& place) const {
    const Node* found = member(node, key);
    if (found == nullptr) return;
    value = go_duration(found->text);
    place = at(*found, fmt::format("{}/{}", path, key));
  }

  const Source& source_;
};

std::vector<std::uint16_t> ports_of(const Node& server) {
  std::vector<std::uint16_t> ports;
  for (const std::string& address : texts(member(server, "listen"))) {
    const std::size_t colon = address.rfind(':');
    unsigned port = 0;
    const char* begin = address.data() + (colon == std::string::npos ? address.size() : colon + 1);
    const auto [end, error] = std::from_chars(begin, address.data() + address.size(), port);
    if (error == std::errc() && end == address.data() + address.size() && port < 65536) {
      ports.push_back(static_cast<std::uint16_t>(port));
    }
  }
  return ports;
}

Server server_of(const Source& source, const std::string& name, const Node& node, const std::string& path) {
  Server server;
  server.origin = Origin::json;
  server.name = name;
  server.at = place_of(source, node);
  server.at.inside = path;
  server.ports = ports_of(node);
  server.routes = JsonReader(source).routes(member(node, "routes"), path + (path.empty() ? "routes" : "/routes"));
  return server;
}

}  // namespace

std::vector<Server> servers_of_json(const Source& source, const Node& root) {
  const Node* http = path(root, {"apps", "http"});
  std::string prefix = "apps/http/";
  if (http == nullptr) {
    http = member(root, "http");
    prefix = "http/";
  }
  if (http == nullptr) {
    http = &root;
    prefix.clear();
  }
  std::vector<Server> servers;
  if (const Node* all = member(*http, "servers")) {
    for (const scenario::MapEntry& entry : all->entries) {
      servers.push_back(server_of(source, entry.key, *entry.value, prefix + "servers/" + entry.key));
    }
  } else if (member(*http, "routes") != nullptr) {
    servers.push_back(server_of(source, "server", *http, {}));
  } else if (root.kind == scenario::NodeKind::sequence) {
    Server server;
    server.origin = Origin::json;
    server.name = "routes";
    server.at = place_of(source, root);
    server.routes = JsonReader(source).routes(&root, {});
    servers.push_back(std::move(server));
  }
  return servers;
}

std::optional<Duration> go_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 8> units{
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"", 1e-9}}};
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    const auto found = std::find_if(units.begin(), units.end(), [&](const auto& row) { return row.first == unit; });
    if (found == units.end()) return std::nullopt;
    total += value * found->second;
    text.remove_prefix(unit.size());
  }
  constexpr double longest = 3600.0 * 24 * 365;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(total, longest)));
}

}  // namespace wsprobe::lint::caddy
