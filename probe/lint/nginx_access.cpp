#include "lint/nginx_access.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace wsprobe::lint::nginx {
namespace {

// A page that reconnects after a deployment, in two tabs, with a retry each.
constexpr double enough_a_minute = 10;
constexpr int enough_connections = 3;

int number_behind(const Directive& directive, std::string_view key) {
  for (const std::string& word : directive.words) {
    if (!word.starts_with(key)) continue;
    int number = 0;
    std::from_chars(word.data() + key.size(), word.data() + word.size(), number);
    return number;
  }
  return 0;
}

std::string word_behind(const Directive& directive, std::string_view key) {
  for (const std::string& word : directive.words) {
    if (word.starts_with(key)) return word.substr(key.size());
  }
  return {};
}

/// Requests a minute that the zone grants; none where the zone is not in the files.
std::optional<double> rate_of(const Http& http, const std::string& zone) {
  for (const Directive& each : http.directives) {
    if (each.name != "limit_req_zone") continue;
    const std::string name = word_behind(each, "zone=");
    if (name.substr(0, name.find(':')) != zone) continue;
    const int rate = number_behind(each, "rate=");
    return word_behind(each, "rate=").ends_with("r/m") ? rate : rate * 60.0;
  }
  return std::nullopt;
}

void check_limits(const Http& http, const Chain& chain, Walk& walk) {
  for (const Directive* each : in_force(chain, {"limit_req"}).directives) {
    const auto rate = rate_of(http, word_behind(*each, "zone="));
    walk.step(each->at, fmt::format("requests are limited by `{}`", text_of(*each)));
    if (!rate || *rate + number_behind(*each, "burst=") >= enough_a_minute) continue;
    walk.find({Rule::rate_limit,
               Severity::warning,
               each->at,
               fmt::format("`{}` lets {:g} requests a minute pass", text_of(*each), *rate),
               "clients that reconnect, or a second tab, are refused (503 unless limit_req_status says otherwise)",
               {},
               {"give the WebSocket's path a zone of its own with a higher rate, and a burst",
                "limit_req zone=websocket burst=20 nodelay;\n"},
               {}});
  }
  for (const Directive* each : in_force(chain, {"limit_conn"}).directives) {
    int most = enough_connections;
    std::from_chars(each->word(1).data(), each->word(1).data() + each->word(1).size(), most);
    walk.step(each->at, fmt::format("connections are limited by `{}`", text_of(*each)));
    if (most >= enough_connections) continue;
    walk.find({Rule::rate_limit,
               Severity::warning,
               each->at,
               fmt::format("`{}` counts every open WebSocket for as long as it is open", text_of(*each)),
               "a further tab is refused (503 unless limit_conn_status says otherwise)",
               {},
               {"raise the limit for the WebSocket's path", fmt::format("limit_conn {} 20;\n", each->word(0))},
               {}});
  }
}

/// In a `limit_except` that does not name GET, its rules stand in place of those around it.
Chain access_chain(const Chain& chain) {
  Chain inside = chain;
  for (const Directive& each : chain.back()->block) {
    const bool lets_pass = std::any_of(each.words.begin(), each.words.end(),
                                       [](const std::string& method) { return method == "GET" || method == "HEAD"; });
    if (each.name == "limit_except" && !lets_pass) inside.push_back(&each);
  }
  return inside;
}

Correction exempt(const Walk& walk, std::string_view directive) {
  return {fmt::format("take the WebSocket's path out of `{}`", directive),
          fmt::format("location = {} {{\n    # as the location around it, without `{}`\n}}\n", walk.question().path,
                      directive)};
}

enum class Satisfy : std::uint8_t { all, any };

std::optional<Refusal> check_addresses(const Chain& chain, Satisfy satisfy, Walk& walk) {
  std::vector<std::string> allowed;
  for (const Directive* each : in_force(chain, {"allow", "deny"}).directives) {
    const bool everybody = each->word(0) == "all" || each->word(0) == "0.0.0.0/0";
    walk.step(each->at, fmt::format("`{}`", text_of(*each)));
    if (each->name == "allow") {
      if (everybody) return std::nullopt;
      allowed.push_back(each->word(0));
    } else if (everybody && satisfy == Satisfy::all) {
      if (allowed.empty()) return Refusal{each, 403};
      walk.perhaps(negated(address_is_in(shown(fmt::format("{}", fmt::join(allowed, ", "))))), [&] {
        walk.step(each->at, fmt::format("refused with 403 by `{}`", text_of(*each)));
        walk.find({Rule::address_list,
                   Severity::warning,
                   each->at,
                   fmt::format("`{}` refuses {}", text_of(*each), walk.question().path),
                   "the proxy itself answers 403",
                   {},
                   {"let the WebSocket's path pass, or put the addresses of its clients on the list",
                    fmt::format("location = {} {{\n    allow all;\n    # and what the location around it says\n}}\n",
                                walk.question().path)},
                   {}});
        return Flow::ended;
      });
      return std::nullopt;
    }
  }
  return std::nullopt;
}

void check_credentials(const Chain& chain, const std::string& only_if, Walk& walk) {
  if (const Directive* basic = setting(chain, "auth_basic"); basic != nullptr && basic->word(0) != "off") {
    walk.step(basic->at, fmt::format("credentials are asked for by `{}`", text_of(*basic)));
    walk.find({Rule::auth_in_front,
               Severity::error,
               basic->at,
               fmt::format("`{}` asks for credentials of its own before the application is reached", text_of(*basic)),
               "401 for every client that does not send them; a page's script cannot add them to a WebSocket",
               only_if,
               {"exempt the WebSocket's path: the application checks the token itself",
                fmt::format("location = {} {{\n    auth_basic off;\n    # and what the location around it says\n}}\n",
                            walk.question().path)},
               {}});
  }
  for (const char* name : {"auth_request", "auth_jwt"}) {
    const Directive* asks = setting(chain, name);
    if (asks == nullptr || asks->word(0) == "off") continue;
    walk.step(asks->at, fmt::format("`{}` decides first", text_of(*asks)));
    walk.find({Rule::auth_in_front,
               Severity::warning,
               asks->at,
               fmt::format("`{}` decides before the application is reached", text_of(*asks)),
               "clients whose token only the application knows are refused with 401 or 403",
               fmt::format("`{}` does not approve of the request", text_of(*asks)),
               exempt(walk, text_of(*asks)),
               {}});
  }
}

}  // namespace

std::optional<Refusal> check_access(const Http& http, const Chain& chain, Walk& walk) {
  check_limits(http, chain, walk);
  const Directive* satisfy = setting(chain, "satisfy");
  const bool any = satisfy != nullptr && satisfy->word(0) == "any";
  const Chain inside = access_chain(chain);
  if (const auto refusal = check_addresses(inside, any ? Satisfy::any : Satisfy::all, walk)) return refusal;
  const bool by_address = any && !in_force(inside, {"allow", "deny"}).directives.empty();
  check_credentials(inside, by_address ? "the client's address is not allowed" : "", walk);
  return std::nullopt;
}

}  // namespace wsprobe::lint::nginx
