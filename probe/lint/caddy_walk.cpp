#include "lint/caddy_walk.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/bounds.hpp"
#include "lint/caddy_forward.hpp"
#include "lint/caddy_matchers.hpp"

namespace wsprobe::lint::caddy {
namespace {

constexpr int maximum_nesting = 64;

struct Condition {
  std::string text;
  bool by_address = false;
};

/// The request where the walk stands, and what has happened to it.
struct State {
  Request request;
  std::string file;                 // what a file matcher found
  std::vector<std::string> groups;  // what a regular expression matched
  std::string expression;           // its name
  std::vector<PathChange> changes;
  const HeaderChange* upgrade_lost = nullptr;
  std::vector<Condition> conditions;
};

enum class Flow : std::uint8_t { passed, ended };

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(what); at != std::string::npos && out.size() <= longest_value;
       at = text.find(what, begin)) {
    out.append(text, begin, at - begin).append(with);
    begin = at + what.size();
  }
  if (begin == 0) return;
  out.append(text, begin);
  if (out.size() > longest_value) out.resize(longest_value);
  text = std::move(out);
}

/// With the placeholders replaced that the walk knows; the query cut off.
std::string expanded(std::string uri, const State& state, const std::string& asked) {
  for (const char* name : {"{http.matchers.file.relative}", "{file_match.relative}"}) {
    if (!state.file.empty()) replace_all(uri, name, state.file);
  }
  for (const char* name : {"{http.request.uri.path}", "{http.request.uri}", "{path}", "{uri}"}) {
    replace_all(uri, name, state.request.path);
  }
  for (const char* name : {"{http.request.orig_uri.path}", "{http.request.orig_uri}", "{orig_path}", "{orig_uri}"}) {
    replace_all(uri, name, asked);
  }
  for (std::size_t group = 0; group < state.groups.size(); ++group) {
    const std::string named = state.expression.empty() ? "" : fmt::format("{}.{}", state.expression, group);
    for (const std::string& reference : {std::to_string(group), named}) {
      if (reference.empty()) continue;
      for (const std::string_view family : {"http.regexp", "re"}) {
        replace_all(uri, fmt::format("{{{}.{}}}", family, reference), state.groups[group]);
      }
    }
  }
  return uri.substr(0, uri.find('?'));
}

bool fits_header(std::string_view pattern, std::string_view name) {
  const auto lower = [](std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
  };
  const std::string wanted = lower(pattern);
  if (wanted.ends_with('*')) return name.starts_with(wanted.substr(0, wanted.size() - 1));
  if (wanted.starts_with('*')) return name.ends_with(wanted.substr(1));
  return wanted == name;
}

/// Whether the change takes from the request what makes it an upgrade.
bool loses_upgrade(const HeaderChange& change) {
  const bool removed = change.kind == HeaderChange::Kind::remove;
  for (const std::string_view name : {"upgrade", "connection", "sec-websocket-key", "sec-websocket-version"}) {
    if (!fits_header(change.name, name)) continue;
    if (removed) return true;
    if (change.value.find('{') != std::string::npos) continue;  // what came in, or who knows what
    std::string value = change.value;
    for (char& c : value) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (name == "upgrade" && value != "websocket") return true;
    if (name == "connection" && value.find("upgrade") == std::string::npos) return true;
  }
  return false;
}

/// The first upstream of a site, for corrections that are made before the walk comes to it.
std::string first_upstream(std::span<const Route> routes) {
  for (const Route& route : routes) {
    for (const Handler& handler : route.handlers) {
      if (handler.kind == HandlerKind::reverse_proxy && !handler.asks_first && !handler.upstreams.empty()) {
        return handler.upstreams.front();
      }
      if (std::string inner = first_upstream(handler.routes); !inner.empty()) return inner;
    }
  }
  return {};
}

class Walker {
 public:
  Walker(const Server& server, const Question& question, std::span<const Container> containers, Result& result,
         Trace& trace)
      : server_(server),
        question_(question),
        containers_(containers),
        result_(result),
        trace_(trace),
        upstream_(first_upstream(server.routes)) {}

  void run(State state) {
    if (list(server_.routes, state, 0) == Flow::passed) nothing_took_it(state);
    trace_.path = trace_.path.empty() ? state.request.path : trace_.path;
    if (unsure_ && trace_.ending != Ending::undetermined) {
      step({}, "undetermined: what the text does not tell decides (see above)");
      trace_.ending = Ending::undetermined;
    }
  }

 private:
  void step(const Place& at, std::string says) { trace_.steps.push_back({at, prefix_ + std::move(says)}); }

  /// Whether all that the walk has assumed so far is about the client's address.
  [[nodiscard]] static bool is_certain(const State& state) { return state.conditions.empty(); }
  [[nodiscard]] static bool is_by_address(const State& state) {
    return !state.conditions.empty() && std::all_of(state.conditions.begin(), state.conditions.end(),
                                                    [](const Condition& condition) { return condition.by_address; });
  }

  [[nodiscard]] CorrectionContext context(const Handler& handler) const {
    return {server_.origin, trace_.site, question_.path, upstream_, handler.text, {}};
  }

  /// A finding that holds for the whole walk, or for a condition about addresses; others are not told.
  void find(const State& state, Finding finding) {
    if (is_certain(state)) {
      add(result_, std::move(finding));
    } else if (is_by_address(state) && finding.rule == Rule::address_list) {
      add(result_, std::move(finding));
    }
  }

  void end(Ending ending, const State& state) {
    if (in_branch_) return;
    trace_.ending = ending;
    trace_.path = state.request.path;
  }

  // ---- routes ----

  Flow list(const std::vector<Route>& routes, State& state, int depth) {
    if (depth > maximum_nesting) return Flow::passed;
    std::set<std::string> groups_done;
    for (const Route& route : routes) {
      if (!route.group.empty() && groups_done.count(route.group) != 0) continue;
      const MatchResult match = matches(route, state.request);
      if (match.matches == Tells::no) continue;
      if (match.matches == Tells::unknown) {
        branch(route, match, state, depth);
        continue;
      }
      if (!route.group.empty()) groups_done.insert(route.group);
      if (!match.file.empty()) state.file = match.file;
      if (!match.groups.empty()) {
        state.groups = match.groups;
        state.expression = match.expression;
      }
      if (handlers(route, state, depth) == Flow::ended) return Flow::ended;
      if (route.terminal) {
        nothing_took_it(state);
        return Flow::ended;
      }
    }
    return Flow::passed;
  }

  Flow handlers(const Route& route, State& state, int depth) {
    if (!route.match_text.empty()) step(route.at, fmt::format("matched by `{}`", route.match_text));
    for (const Handler& handler : route.handlers) {
      if (handle(handler, state, depth) == Flow::ended) return Flow::ended;
    }
    return Flow::passed;
  }

  /// A route that may match: what it would do is looked at, and then the walk goes on as if it did not.
  void branch(const Route& route, const MatchResult& match, State& state, int depth) {
    State there = state;
    there.conditions.push_back({match.condition, match.by_address});
    const std::string outer_prefix = std::exchange(prefix_, fmt::format("{}if {}: ", prefix_, match.condition));
    const bool outer_branch = std::exchange(in_branch_, true);
    const Flow flow = handlers(route, there, depth);
    prefix_ = outer_prefix;
    in_branch_ = outer_branch;
    unsure_ = true;
    if (flow != Flow::ended && !route.terminal) return;
    std::string otherwise = match.condition;
    constexpr std::string_view in = "the client's address is in ";
    constexpr std::string_view out = "the client's address is not in ";
    if (otherwise.starts_with(out)) {
      otherwise = std::string(in) + otherwise.substr(out.size());
    } else if (otherwise.starts_with(in)) {
      otherwise = std::string(out) + otherwise.substr(in.size());
    }
    state.conditions.push_back({otherwise, match.by_address});
  }

  // ---- handlers ----

  Flow handle(const Handler& handler, State& state, int depth) {
    switch (handler.kind) {
      case HandlerKind::subroute: return list(handler.routes, state, depth + 1);
      case HandlerKind::rewrite: rewrite(handler, state); return Flow::passed;
      case HandlerKind::request_headers:
        for (const HeaderChange& change : handler.header_changes) lose_upgrade(change, state);
        return Flow::passed;
      case HandlerKind::respond: respond(handler, state); return Flow::ended;
      case HandlerKind::error: refuse(handler, state); return Flow::ended;
      case HandlerKind::authentication: authenticate(handler, state); return Flow::passed;
      case HandlerKind::file_server: serve_files(handler, state); return Flow::ended;
      case HandlerKind::reverse_proxy:
        if (!handler.asks_first) {
          forward(handler, state);
          return Flow::ended;
        }
        ask_first(handler, state);
        return Flow::passed;
      case HandlerKind::unknown:
        unsure_ = true;
        step(handler.at, fmt::format("`{}` is not known: it may answer, or change the request", handler.text));
        return Flow::passed;
      case HandlerKind::root:
      case HandlerKind::harmless: break;
    }
    return Flow::passed;
  }

  void rewrite(const Handler& handler, State& state) {
    const std::string before = state.request.path;
    std::string& path = state.request.path;
    if (handler.rewrites_by_regexp) {
      unsure_ = true;
      step(handler.at, fmt::format("`{}` may change the path; the expression is not followed", handler.text));
    }
    if (!handler.uri.empty()) {
      const std::string target = expanded(handler.uri, state, question_.path);
      if (target.find('{') != std::string::npos) {
        unsure_ = true;
        step(handler.at,
             fmt::format("rewritten to {} by `{}`: what that is, the text does not tell", target, handler.text));
        state.conditions.push_back({fmt::format("{} is another path", target), false});
        return;
      }
      if (!target.empty()) path = target;
    }
    if (!handler.strip_prefix.empty() && path_matches(handler.strip_prefix + "*", path) == Tells::yes) {
      path.erase(0, handler.strip_prefix.size());
      if (!path.starts_with('/')) path.insert(0, "/");
    }
    if (!handler.strip_suffix.empty() && path.ends_with(handler.strip_suffix)) {
      path.resize(path.size() - handler.strip_suffix.size());
    }
    if (!handler.replaced.empty()) replace_all(path, handler.replaced, handler.replacement);
    if (path == before) return;
    state.changes.push_back({&handler, handler.uri.empty() && handler.replaced.empty(), before, path});
    const std::string where = state.file.empty() || path != state.file
                                  ? std::string()
                                  : fmt::format(", where the root has a file {}", state.file);
    step(handler.at, fmt::format("rewritten from {} to {} by `{}`{}", before, path, handler.text, where));
  }

  void lose_upgrade(const HeaderChange& change, State& state) {
    if (!loses_upgrade(change) || state.upgrade_lost != nullptr) return;
    state.upgrade_lost = &change;
    state.request.upgrade = false;
    step(change.at, change.kind == HeaderChange::Kind::remove
                        ? fmt::format("{} is removed from the request", change.name)
                        : fmt::format("{} of the request becomes `{}`", change.name, change.value));
  }

  // ---- endings ----

  void respond(const Handler& handler, const State& state) {
    if (handler.aborts) {
      step(handler.at, fmt::format("the connection is ended by `{}`", handler.text));
      end(Ending::answered, state);
      refused(handler, state, Rule::request_aborted, "the connection is ended without an answer");
      return;
    }
    if (!handler.location.empty() && (handler.status == 0 || (handler.status >= 300 && handler.status < 400))) {
      step(handler.at, fmt::format("redirected to {} by `{}`", handler.location, handler.text));
      end(Ending::answered, state);
      Finding finding{Rule::redirected,
                      Severity::error,
                      handler.at,
                      fmt::format("`{}` answers with a redirect to {}", handler.text, handler.location),
                      "WebSocket clients do not follow redirects: the connection fails",
                      {},
                      correction(Rule::redirected, context(handler)),
                      {}};
      find(state, std::move(finding));
      return;
    }
    if (handler.status >= 400) {
      refuse(handler, state);
      return;
    }
    step(handler.at, fmt::format("answered by `{}`", handler.text));
    end(Ending::answered, state);
    find(state, {Rule::no_route,
                 Severity::error,
                 handler.at,
                 fmt::format("`{}` answers {} itself; no application is asked", handler.text, state.request.path),
                 "the WebSocket is answered with a fixed response instead of 101",
                 {},
                 correction(Rule::no_route, context(handler)),
                 {}});
  }

  void refuse(const Handler& handler, const State& state) {
    const std::string status = handler.status == 0 ? "an error" : std::to_string(handler.status);
    step(handler.at, fmt::format("refused with {} by `{}`", status, handler.text));
    end(Ending::answered, state);
    refused(handler, state, Rule::request_denied, "the proxy itself answers " + status);
  }

  /// A refusal that only some addresses meet is an address list.
  void refused(const Handler& handler, const State& state, Rule rule, const std::string& breaks) {
    if (!is_by_address(state)) {
      find(state, {rule,
                   Severity::error,
                   handler.at,
                   fmt::format("`{}` refuses {} before it reaches an application", handler.text, state.request.path),
                   breaks,
                   {},
                   correction(rule, context(handler)),
                   {}});
      return;
    }
    std::vector<std::string> conditions;
    for (const Condition& condition : state.conditions) conditions.push_back(condition.text);
    find(state, {Rule::address_list,
                 Severity::warning,
                 handler.at,
                 fmt::format("`{}` refuses {}", handler.text, state.request.path),
                 breaks,
                 fmt::format("{}", fmt::join(conditions, " and ")),
                 correction(Rule::address_list, context(handler)),
                 {}});
  }

  void authenticate(const Handler& handler, State& state) {
    step(handler.at, fmt::format("credentials are asked for by `{}`", handler.text));
    find(state, {Rule::auth_in_front,
                 Severity::error,
                 handler.at,
                 fmt::format("`{}` asks for credentials of its own before the application is reached", handler.text),
                 "401 for every client that does not send them; a page's script cannot add them to a WebSocket",
                 {},
                 correction(Rule::auth_in_front, context(handler)),
                 {}});
  }

  void ask_first(const Handler& handler, State& state) {
    const std::string whom = fmt::format("{}", fmt::join(handler.upstreams, ", "));
    step(handler.at, fmt::format("{} is asked first by `{}`", whom, handler.text));
    find(state, {Rule::auth_in_front,
                 Severity::warning,
                 handler.at,
                 fmt::format("`{}` asks {} first, and the application only where that approves", handler.text, whom),
                 "clients whose token only the application knows are refused, or sent to a login page",
                 fmt::format("{} does not approve of the request", whom),
                 correction(Rule::auth_in_front, context(handler)),
                 {}});
  }

  void serve_files(const Handler& handler, const State& state) {
    step(handler.at, fmt::format("answered with a file, or 404, by `{}`", handler.text));
    end(Ending::answered, state);
    const Handler& at_fault = state.changes.empty() ? handler : *state.changes.back().by;
    Finding finding{
        Rule::static_fallback,
        Severity::error,
        at_fault.at,
        state.changes.empty()
            ? fmt::format("`{}` looks for a file {} and does not ask the application", handler.text, state.request.path)
            : fmt::format("`{}` turns {} into {}, and `{}` answers with that file", at_fault.text,
                          state.changes.back().from, state.request.path, handler.text),
        state.changes.empty() ? "404 instead of 101" : "200 and the page instead of 101",
        {},
        {},
        {}};
    CorrectionContext where = context(at_fault);
    where.with = handler.text;
    finding.correction = correction(Rule::static_fallback, where);
    if (!state.changes.empty()) finding.related.push_back({handler.at, "the file is served here"});
    find(state, std::move(finding));
  }

  void nothing_took_it(const State& state) {
    step({}, "no route takes it: Caddy answers 200 without a body");
    end(Ending::no_route, state);
    find(state, {Rule::no_route,
                 Severity::error,
                 server_.at,
                 fmt::format("no route of this site takes {}", state.request.path),
                 "an empty 200 instead of 101, which comes from the proxy and not from the application",
                 {},
                 correction(Rule::no_route, {server_.origin, trace_.site, question_.path, upstream_, {}, {}}),
                 {}});
  }

  // ---- forwarding ----

  void forward(const Handler& handler, State& state) {
    if (!handler.upstreams.empty()) upstream_ = handler.upstreams.front();
    if (!handler.uri.empty()) rewrite(handler, state);
    for (const HeaderChange& change : handler.header_changes) lose_upgrade(change, state);
    const std::string whom = handler.upstreams.empty()
                                 ? std::string(handler.dynamic_upstreams ? "a dynamic upstream" : "nobody")
                                 : fmt::format("{}", fmt::join(handler.upstreams, ", "));
    step(handler.at, fmt::format("sent to {} as {} by `{}`", whom, state.request.path, handler.text));
    if (!in_branch_) trace_.upstreams = handler.upstreams;
    end(Ending::forwarded, state);
    const Forwarding forwarding{handler,   state.request.path, state.file,      state.changes, state.upgrade_lost,
                                question_, containers_,        context(handler)};
    for (Finding& finding : judged(forwarding)) find(state, std::move(finding));
  }

  const Server& server_;
  const Question& question_;
  std::span<const Container> containers_;
  Result& result_;
  Trace& trace_;
  std::string upstream_;  // of the site, as far as is known
  std::string prefix_;    // of steps inside a branch
  bool in_branch_ = false;
  bool unsure_ = false;
};

}  // namespace

bool forwards(std::span<const Route> routes) {
  return std::any_of(routes.begin(), routes.end(), [](const Route& route) {
    return std::any_of(route.handlers.begin(), route.handlers.end(), [](const Handler& handler) {
      return (handler.kind == HandlerKind::reverse_proxy && !handler.asks_first && handler.protocol != "fastcgi") ||
             forwards(handler.routes);
    });
  });
}

void walk(const Server& server, const std::string& host, const Question& question,
          std::span<const Container> containers, Result& result) {
  Trace trace;
  trace.product = "Caddy";
  trace.site = server.name;
  trace.site_at = server.at;
  State state;
  state.request.host = question.host.empty() ? host : question.host;
  state.request.path = question.path;
  state.request.tls = question.tls;
  Walker(server, question, containers, result, trace).run(std::move(state));
  result.traces.push_back(std::move(trace));
}

}  // namespace wsprobe::lint::caddy
