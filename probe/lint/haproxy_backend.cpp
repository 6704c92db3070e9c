#include "lint/haproxy_backend.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace wsprobe::lint::haproxy {
namespace {

/// A `server` line with what `default-server` adds to it.
struct Server {
  const Line* line = nullptr;
  std::vector<std::string> options;

  [[nodiscard]] bool has(std::string_view option) const {
    return std::find(options.begin(), options.end(), option) != options.end();
  }
  /// The word behind it; the last one counts.
  [[nodiscard]] std::string value(std::string_view option) const {
    const auto found = std::find(options.rbegin(), options.rend(), option);
    return found == options.rend() || found == options.rbegin() ? "" : *(found - 1);
  }
};

std::vector<std::string> words_from(const Line& line, std::size_t index) {
  if (line.words.size() <= index) return {};
  return {line.words.begin() + static_cast<std::ptrdiff_t>(index), line.words.end()};
}

/// "app:8000" of `server app app:8000` and of `server-template app 3 app:8000`.
const std::string& address_of(const Line& line) { return line.word(line.words[0] == "server-template" ? 3 : 2); }

std::vector<Server> servers_of(const std::vector<Section>& sections, const Section& backend) {
  std::vector<std::string> defaults;
  for (const Section* from = &backend; from->defaults;) {
    from = &sections[*from->defaults];
    for (const Line& line : from->lines) {
      if (line.words[0] != "default-server") continue;
      const auto words = words_from(line, 1);
      defaults.insert(defaults.begin(), words.begin(), words.end());
    }
  }
  std::vector<Server> servers;
  for (const Line& line : backend.lines) {
    if (line.words[0] == "default-server") {
      const auto words = words_from(line, 1);
      defaults.insert(defaults.end(), words.begin(), words.end());
    } else if (line.words[0] == "server" || line.words[0] == "server-template") {
      Server server{&line, defaults};
      const auto own = words_from(line, line.words[0] == "server" ? 3 : 4);
      server.options.insert(server.options.end(), own.begin(), own.end());
      servers.push_back(std::move(server));
    }
  }
  return servers;
}

bool is_out_of_service(const Server& server) {
  const auto disabled = std::find(server.options.rbegin(), server.options.rend(), "disabled");
  const auto enabled = std::find(server.options.rbegin(), server.options.rend(), "enabled");
  return disabled < enabled || server.value("weight") == "0";
}

class Forwarder {
 public:
  Forwarder(const Forwarding& with, Walk& walk) : with_(with), walk_(walk) {}

  void run() {
    const std::vector<Server> servers = servers_of(with_.sections, with_.backend);
    if (servers.empty() && goes_elsewhere()) return;
    walk_.step(with_.backend.at, fmt::format("sent to `{}` as {}", with_.backend.title(),
                                             with_.request.path.value_or("a path that the text does not tell")));
    judge_service(servers);
    for (const Server& server : servers) {
      if (is_out_of_service(server)) continue;
      walk_.forwarded_to(address_of(*server.line));
      judge_protocol(server);
      judge_address(server);
    }
    walk_.end(Ending::forwarded, with_.request.path.value_or(""));
    judge_path();
    judge_responses(with_.backend);
    if (&with_.backend != &with_.frontend) judge_responses(with_.frontend);
    judge_time();
  }

 private:
  /// What forwards without a server.
  bool goes_elsewhere() {
    for (const Line& line : with_.backend.lines) {
      const bool is_app = line.words[0] == "use-fcgi-app";
      if (!is_app && line.words[0] != "dispatch" && !(line.words[0] == "option" && line.word(1) == "transparent")) {
        continue;
      }
      walk_.doubt(line.at, fmt::format("`{}` forwards it: where to, the text does not tell", text_of(line)));
      walk_.end(Ending::undetermined, with_.request.path.value_or(""));
      return true;
    }
    return false;
  }

  void judge_service(const std::vector<Server>& servers) {
    if (!std::all_of(servers.begin(), servers.end(), is_out_of_service)) return;
    const Line* last = servers.empty() ? nullptr : servers.back().line;
    walk_.find({Rule::upstream_disabled,
                Severity::error,
                last == nullptr ? with_.backend.at : last->at,
                last == nullptr
                    ? fmt::format("`{}` has no server", with_.backend.title())
                    : fmt::format("every server of `{}` is disabled, or has no weight", with_.backend.title()),
                "503 from the proxy itself: there is no application to forward to",
                {},
                {fmt::format("give `{}` a server that is in service", with_.backend.title()),
                 last == nullptr ? "    server app app:8000\n"
                                 : fmt::format("    server {} {}\n", last->word(1), address_of(*last))},
                {}});
  }

  /// `proto h2` asks for every WebSocket with an extended CONNECT (RFC 8441), and so does `ws h2`.
  void judge_protocol(const Server& server) {
    const std::string ws = server.value("ws");
    const bool only_h2 = server.value("proto") == "h2" || server.value("alpn") == "h2";
    if (ws == "h1" || (ws != "h2" && !only_h2)) return;
    walk_.find({Rule::h2_upstream,
                Severity::error,
                server.line->at,
                fmt::format("`{}` asks the application for the WebSocket in HTTP/2", text_of(*server.line)),
                "503 or 502: few applications know WebSockets over HTTP/2",
                "the application does not take extended CONNECT (RFC 8441)",
                {"ask for WebSockets in HTTP/1.1; other requests may stay in HTTP/2",
                 fmt::format("{} ws h1\n", copy_of(*server.line))},
                {}});
  }

  void judge_address(const Server& server) {
    const std::string& address = address_of(*server.line);
    const bool is_name = address.find_first_of("/@$*") == std::string::npos;
    if (!is_name) return;
    walk_.judge_name(server.line->at, text_of(*server.line), host_of(address),
                     {"name the application as HAProxy's own network knows it", ""});
  }

  void judge_path() {
    if (!with_.request.path) {
      walk_.doubt();
      return;
    }
    if (with_.path_changed_by == nullptr) return;
    walk_.judge_path(with_.path_changed_by->at, text_of(*with_.path_changed_by), *with_.request.path,
                     exempted(*with_.path_changed_by, walk_.question().path),
                     {{with_.backend.at, "the request is forwarded here"}});
  }

  void judge_responses(const Section& section) {
    for (const Line& line : section.lines) {
      const bool is_conditional = std::any_of(line.words.begin(), line.words.end(),
                                              [](const std::string& word) { return word == "if" || word == "unless"; });
      if (line.words[0] != "http-response" || is_conditional) continue;
      const std::string header = lower_case(line.word(2));
      const bool loses = line.word(1) == "del-header" || line.word(1) == "set-header";
      if (line.word(1) == "deny") {
        walk_.find({Rule::request_denied,
                    Severity::error,
                    line.at,
                    fmt::format("`{}` refuses every answer of the application", text_of(line)),
                    "502 instead of 101, from the proxy itself",
                    {},
                    {"let the answer with 101 pass", fmt::format("{} unless {{ status 101 }}\n", copy_of(line))},
                    {}});
      } else if (loses && (header == "upgrade" || header == "connection") && !contains_upgrade(line.word(3))) {
        walk_.find({Rule::upgrade_not_forwarded,
                    Severity::error,
                    line.at,
                    fmt::format("`{}` takes `{}` out of the 101", text_of(line), line.word(2)),
                    "browsers refuse the 101: it does not say what it switches to",
                    {},
                    {"let the answer with 101 pass", fmt::format("{} unless {{ status 101 }}\n", copy_of(line))},
                    {}});
      }
    }
  }

  static bool contains_upgrade(const std::string& value) {
    return contains_ignoring_case(value, "upgrade") || contains_ignoring_case(value, "websocket");
  }

  /// In a tunnel `timeout tunnel` stands for both others.
  void judge_time() {
    const Line* tunnel = setting(with_.sections, with_.backend, {"timeout", "tunnel"});
    const Line* shortest = tunnel;
    std::optional<Duration> least = tunnel == nullptr ? std::nullopt : duration_of(tunnel->word(2));
    if (tunnel == nullptr) {
      const Line* const sides[] = {setting(with_.sections, with_.frontend, {"timeout", "client"}),
                                   setting(with_.sections, with_.backend, {"timeout", "server"})};
      for (const Line* side : sides) {
        const auto duration = side == nullptr ? std::nullopt : duration_of(side->word(2));
        if (!duration || (least && *least <= *duration)) continue;
        least = duration;
        shortest = side;
      }
    }
    if (!least) return;
    walk_.judge_idle(shortest->at, text_of(*shortest), *least,
                     {fmt::format("in `{}`, or in its defaults", with_.backend.title()), "    timeout tunnel 1h\n"});
  }

  const Forwarding& with_;
  Walk& walk_;
};

}  // namespace

void forward(const Forwarding& with, Walk& walk) { Forwarder(with, walk).run(); }

Correction exempted(const Line& rule, const std::string& path) {
  const std::string text = copy_of(rule);
  const auto has = [&](std::string_view word) {
    return std::find(rule.words.begin(), rule.words.end(), word) != rule.words.end();
  };
  std::string snippet;
  if (has("unless")) {
    snippet = fmt::format("{} or {{ path {} }}\n", text, path);
  } else if (!has("if")) {
    snippet = fmt::format("{} unless {{ path {} }}\n", text, path);
  } else if (!has("or") && !has("||")) {
    snippet = fmt::format("{} !{{ path {} }}\n", text, path);
  }
  return {"exempt the WebSocket's path from this rule", std::move(snippet)};
}

}  // namespace wsprobe::lint::haproxy
