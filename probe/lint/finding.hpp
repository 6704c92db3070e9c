// What is wrong with a proxy's configuration for one WebSocket URL: values only.
//
// A finding is about the text that was read. That the proxy runs this text, and that nothing in front of it answers
// instead, only a live probe can tell.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict.hpp"

namespace wsprobe::lint {

/// A place in a file as it was read.
struct Place {
  std::string file;
  int line = 0;    ///< from 1; 0: the file as a whole
  int column = 0;  ///< in bytes, from 1; 0: the line as a whole
  /// The path of a JSON value, as Caddy's admin API names it: "apps/http/servers/srv0/routes/0". Files of programs have
  /// it all in one line.
  std::string inside{};

  friend bool operator==(const Place&, const Place&) = default;
};

enum class Severity : std::uint8_t {
  error,    ///< the WebSocket does not work as it stands
  warning,  ///< it works for some, or for a while, or only where something outside of the text is so
  note,     ///< worth knowing; nothing breaks
};

/// The closed list of rules. X(enumerator, name, the cause that a live probe would find, title).
#define WSPROBE_LINT_RULES(X)                                                                                         \
  X(rewrite_before_proxy, "rewrite-before-proxy", proxy_rewrote_path, "the path is rewritten before it is forwarded") \
  X(prefix_stripped, "prefix-stripped", proxy_rewrote_path, "a part of the path is cut off before it is forwarded")   \
  X(static_fallback, "static-fallback", spa_fallback, "files answer where the application should")                    \
  X(upgrade_not_forwarded, "upgrade-not-forwarded", upgrade_stripped, "the Upgrade headers are not passed on")        \
  X(http10_upstream, "http10-upstream", upgrade_stripped, "the application is asked in HTTP/1.0")                     \
  X(h2_upstream, "h2-upstream", upstream_unreachable, "the application is asked in HTTP/2, which has no Upgrade")     \
  X(request_denied, "request-denied", proxy_denied, "a rule refuses the request")                                     \
  X(request_aborted, "request-aborted", connection_aborted, "a rule ends the connection without an answer")           \
  X(address_list, "address-list", proxy_denied, "only some addresses are let through")                                \
  X(auth_in_front, "auth-in-front", proxy_auth_required, "the proxy asks for credentials of its own")                 \
  X(redirected, "redirected", redirected, "the request is sent elsewhere with a redirect")                            \
  X(rate_limit, "rate-limit", rate_limited, "requests beyond a rate are refused")                                     \
  X(idle_timeout, "idle-timeout", idle_timeout, "an open WebSocket is cut")                                           \
  X(response_held, "response-held", upstream_timeout, "the answer is held back, and the 101 with it")                 \
  X(upstream_unresolvable, "upstream-unresolvable", upstream_unreachable, "the application's name does not resolve")  \
  X(upstream_disabled, "upstream-disabled", upstream_unreachable, "no server of the application is in service")       \
  X(no_route, "no-route", route_missing, "no route leads to the application")                                         \
  X(ambiguous_site, "ambiguous-site", undetermined, "two definitions of the same site")

enum class Rule : std::uint8_t {
#define WSPROBE_ENUMERATOR(enumerator, text, cause, title) enumerator,
  WSPROBE_LINT_RULES(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

[[nodiscard]] std::span<const Rule> all_rules();
[[nodiscard]] std::string_view name(Rule rule);
[[nodiscard]] std::string_view title(Rule rule);
/// What the live probe finds where the rule is right.
[[nodiscard]] CauseId cause_of(Rule rule);
[[nodiscard]] std::string_view name(Severity severity);

/// What users see where the Upgrade does not reach the application as it came: upgrade_not_forwarded, http10_upstream
/// or h2_upstream.
[[nodiscard]] std::string breaks_without_upgrade(Rule rule);

/// Text that does the thing right, and where it goes.
struct Correction {
  std::string text;     ///< one sentence: "let the handle come first", "in the server block of app.example.com"
  std::string snippet;  ///< configuration to paste, with line ends; empty where there is nothing to paste
};

/// Another place that has to do with it: the directive that wins, the site that comes first.
struct RelatedPlace {
  Place at;
  std::string says;
};

struct Finding {
  Rule rule{};
  Severity severity = Severity::error;
  Place at;
  std::string says;     ///< what happens to the request here, one sentence without a full stop
  std::string breaks;   ///< what users see, one sentence without a full stop
  std::string only_if;  ///< what the text cannot tell: "the expression `...` holds"; empty: it happens always
  Correction correction;
  std::vector<RelatedPlace> related;
};

}  // namespace wsprobe::lint
