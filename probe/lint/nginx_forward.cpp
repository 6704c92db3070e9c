#include "lint/nginx_forward.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsprobe::lint::nginx {
namespace {

constexpr std::string_view default_read_timeout = "60s";

/// Behind scheme and host; "" where the address has no URI part.
std::string uri_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  if (url.substr(host).starts_with("unix:")) {
    const std::size_t colon = url.find(':', host + 5);
    return colon == std::string::npos ? "" : url.substr(colon + 1);
  }
  const std::size_t slash = url.find('/', host);
  return slash == std::string::npos ? "" : url.substr(slash);
}

const Directive* upstream_block(const Http& http, const std::string& name) {
  for (const Directive& each : http.directives) {
    if (each.name == "upstream" && same_ignoring_case(each.word(0), name)) return &each;
  }
  return nullptr;
}

class Forwarder {
 public:
  Forwarder(const Directive& pass, const Forwarding& with, State& state, Walk& walk)
      : pass_(pass), with_(with), state_(state), walk_(walk) {}

  void run() {
    const bool has_variables = pass_.word(0).find('$') != std::string::npos;
    address_ = with_.values.expand(pass_.word(0).substr(0, pass_.word(0).find('?')), state_);
    const auto path = path_sent(has_variables);
    walk_.step(pass_.at, fmt::format("sent to {} as {} by `{}`", shown(without_uri(address_.text)),
                                     path ? *path : "a path that the text does not tell", text_of(pass_)));
    judge_upstreams();
    walk_.end(Ending::forwarded, path.value_or(""));
    if (path) {
      judge_path(*path);
    } else {
      walk_.doubt();
    }
    judge_protocol();
    judge_time();
  }

 private:
  std::optional<std::string> path_sent(bool has_variables) const {
    const std::string uri = uri_of(address_.text);
    if (uri.find('$') != std::string::npos) return std::nullopt;
    if (!address_.known && uri.empty() && address_.text.find("://") == std::string::npos) return std::nullopt;
    if (has_variables && !uri.empty()) return uri;
    if (uri.empty()) return state_.unparsed ? walk_.question().path : state_.uri;
    if (!state_.location_is_valid) return state_.uri;
    return uri + state_.uri.substr(std::min(location_prefix().size(), state_.uri.size()));
  }

  [[nodiscard]] std::string location_prefix() const {
    for (auto block = with_.chain.rbegin(); block != with_.chain.rend(); ++block) {
      if ((*block)->name == "location") return prefix_of(**block);
    }
    return {};
  }

  // ---- where to ----

  void judge_upstreams() {
    const std::string host = host_of(address_.text);
    if (const Directive* upstream = upstream_block(with_.http, host)) {
      judge_servers(*upstream);
      return;
    }
    walk_.forwarded_to(without_uri(address_.text));
    if (!address_.known || address_.text.find("unix:") != std::string::npos) return;
    walk_.judge_name(pass_.at, text_of(pass_), host, with_.correction);
  }

  void judge_servers(const Directive& upstream) {
    int working = 0;
    const Directive* last = nullptr;
    for (const Directive& server : upstream.block) {
      if (server.name == "include") ++working;
      if (server.name != "server") continue;
      walk_.forwarded_to(server.word(0));
      last = &server;
      const bool down = std::find(server.words.begin(), server.words.end(), "down") != server.words.end();
      if (down) continue;
      ++working;
      if (!server.word(0).starts_with("unix:")) {
        walk_.judge_name(server.at, text_of(server), host_of(server.word(0)),
                         {"name the application as nginx's own network knows it", ""});
      }
    }
    if (working > 0 || last == nullptr) return;
    walk_.find({Rule::upstream_disabled,
                Severity::error,
                last->at,
                fmt::format("every server of `{}` is marked down", text_of(upstream)),
                "502: there is no application to forward to",
                {},
                {"take `down` away from a server that works", fmt::format("server {};\n", last->word(0))},
                {}});
  }

  // ---- the path ----

  void judge_path(const std::string& path) {
    const Directive& by = state_.changed_by == nullptr ? pass_ : *state_.changed_by;
    std::vector<RelatedPlace> related;
    if (&by != &pass_) related.push_back({pass_.at, "the request is forwarded here"});
    Correction correction = with_.correction;
    if (&by == &pass_ && uri_of(pass_.word(0)) != "") {
      correction.text = "proxy_pass without a path behind the host passes the path on as it is";
    }
    walk_.judge_path(by.at, text_of(by), path, std::move(correction), std::move(related));
  }

  // ---- the upgrade ----

  struct Headers {
    Tells upgrade = Tells::no;
    Tells connection = Tells::no;
    const Directive* lost = nullptr;  // takes away what the handshake needs
  };

  Headers headers(const InForce& set) const {
    Headers sent;
    for (const Directive* each : set.directives) {
      const std::string name = lower_case(each->word(0));
      const Value value = with_.values.expand(each->word(1), state_);
      if (name == "upgrade") {
        sent.upgrade = !value.known                                  ? Tells::unknown
                       : same_ignoring_case(value.text, "websocket") ? Tells::yes
                                                                     : Tells::no;
      } else if (name == "connection") {
        if (each->word(1) == "$http_connection") {
          sent.connection = Tells::yes;
        } else {
          sent.connection = !value.known                                    ? Tells::unknown
                            : contains_ignoring_case(value.text, "upgrade") ? Tells::yes
                                                                            : Tells::no;
        }
      } else if ((name == "sec-websocket-key" || name == "sec-websocket-version") && value.known &&
                 value.text != "13") {
        sent.lost = each;
      }
    }
    return sent;
  }

  /// Another method, none of the client's headers, or an answer without its own; null where nothing does.
  const Directive* spoils_handshake() const {
    const Directive* headers = setting(with_.chain, "proxy_pass_request_headers");
    if (headers != nullptr && headers->word(0) == "off") return headers;
    if (const Directive* method = setting(with_.chain, "proxy_method")) {
      const Value value = with_.values.expand(method->word(0), state_);
      if (value.known && !same_ignoring_case(value.text, "GET")) return method;
    }
    for (const Directive* hidden : in_force(with_.chain, {"proxy_hide_header"}).directives) {
      const std::string name = lower_case(hidden->word(0));
      if (name == "upgrade" || name == "sec-websocket-accept") return hidden;
    }
    return nullptr;
  }

  void judge_protocol() {
    const InForce set = in_force(with_.chain, {"proxy_set_header"});
    const InForce versions = in_force(with_.chain, {"proxy_http_version"});
    const Directive* version = versions.directives.empty() ? nullptr : versions.directives.back();
    if (version != nullptr && version->word(0).starts_with('2')) {
      found(Rule::h2_upstream, *version,
            fmt::format("`{}` asks the application in HTTP/2, which has no Upgrade", text_of(*version)));
      return;
    }
    if (const Directive* spoiling = spoils_handshake()) {
      found(Rule::upgrade_not_forwarded, *spoiling,
            fmt::format("`{}` takes away what a handshake needs", text_of(*spoiling)));
      return;
    }
    const Headers sent = headers(set);
    if (!set.certain || sent.upgrade == Tells::unknown || sent.connection == Tells::unknown) {
      walk_.doubt(pass_.at, "whether Upgrade and Connection are passed on, the text does not tell");
    } else if (sent.lost != nullptr) {
      found(Rule::upgrade_not_forwarded, *sent.lost,
            fmt::format("`{}` takes away what a handshake needs", text_of(*sent.lost)));
    } else if (sent.upgrade == Tells::no || sent.connection == Tells::no) {
      judge_missing(set, sent);
      return;
    }
    if (version == nullptr ? versions.certain : version->word(0) == "1.0") judge_version(version);
  }

  void judge_missing(const InForce& set, const Headers& sent) {
    std::vector<std::string_view> missing;
    if (sent.upgrade == Tells::no) missing.emplace_back("Upgrade");
    if (sent.connection == Tells::no) missing.emplace_back("Connection");
    const auto hidden = std::find_if(set.hidden.begin(), set.hidden.end(), [](const Directive* each) {
      return same_ignoring_case(each->word(0), "upgrade") || same_ignoring_case(each->word(0), "connection");
    });
    const auto replaced = std::find_if(set.directives.begin(), set.directives.end(), [&](const Directive* each) {
      return (sent.upgrade == Tells::no && same_ignoring_case(each->word(0), "upgrade")) ||
             (sent.connection == Tells::no && same_ignoring_case(each->word(0), "connection"));
    });
    if (replaced != set.directives.end()) {
      found(Rule::upgrade_not_forwarded, **replaced,
            fmt::format("`{}` sends something else than the upgrade that came in", text_of(**replaced)));
    } else if (hidden != set.hidden.end()) {
      const Directive& own = *set.directives.front();
      found(Rule::upgrade_not_forwarded, own,
            fmt::format("`{}` puts every proxy_set_header further out out of force, and with them {}", text_of(own),
                        fmt::join(missing, " and ")),
            {{(*hidden)->at, "this has no effect here"}});
    } else {
      found(Rule::upgrade_not_forwarded, pass_,
            fmt::format("`{}` forwards without {}: nginx passes them on only where proxy_set_header says so",
                        text_of(pass_), fmt::join(missing, " and ")));
    }
  }

  /// Most applications take an upgrade in HTTP/1.0 all the same (measured: uvicorn, aiohttp, Node's ws do, hypercorn
  /// and Python's websockets do not).
  void judge_version(const Directive* version) {
    Finding finding{Rule::http10_upstream,
                    Severity::warning,
                    version == nullptr ? pass_.at : version->at,
                    {},
                    "the application sees HTTP/1.0, which has no Upgrade, and answers with an error instead of 101",
                    "the application insists on HTTP/1.1 for an upgrade, as RFC 6455 does",
                    with_.correction,
                    {}};
    finding.says =
        version == nullptr
            ? fmt::format("`{}` without `proxy_http_version 1.1` asks the application in HTTP/1.0", text_of(pass_))
            : fmt::format("`{}` asks the application in HTTP/1.0", text_of(*version));
    if (version == nullptr) finding.only_if += ", and nginx is older than 1.29.7, which made 1.1 the default";
    walk_.find(std::move(finding));
  }

  void found(Rule rule, const Directive& by, std::string says, std::vector<RelatedPlace> related = {}) {
    if (&by != &pass_) related.push_back({pass_.at, "the request is forwarded here"});
    walk_.find({rule,
                Severity::error,
                by.at,
                std::move(says),
                breaks_without_upgrade(rule),
                {},
                with_.correction,
                std::move(related)});
  }

  void judge_time() {
    const Directive* timeout = setting(with_.chain, "proxy_read_timeout");
    const auto duration = duration_of(timeout == nullptr ? default_read_timeout : std::string_view(timeout->word(0)));
    if (!duration) return;
    const Directive& by = timeout == nullptr ? pass_ : *timeout;
    const std::string text = timeout == nullptr ? "proxy_read_timeout 60s (the default)" : text_of(*timeout);
    walk_.judge_idle(by.at, text, *duration, {"in the WebSocket's location", "proxy_read_timeout 1h;\n"});
  }

  const Directive& pass_;
  const Forwarding& with_;
  State& state_;
  Walk& walk_;
  Value address_;
};

}  // namespace

void forward(const Directive& proxy_pass, const Forwarding& with, State& state, Walk& walk) {
  Forwarder(proxy_pass, with, state, walk).run();
}

std::string without_uri(const std::string& url) { return url.substr(0, url.size() - uri_of(url).size()); }

}  // namespace wsprobe::lint::nginx
