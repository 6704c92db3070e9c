#include "lint/nginx_walk.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "lint/nginx_access.hpp"
#include "lint/nginx_context.hpp"
#include "lint/nginx_forward.hpp"
#include "lint/nginx_values.hpp"

namespace wsprobe::lint::nginx {
namespace {

constexpr int maximum_cycles = 10;  // nginx's own bound of internal redirections

/// Where a list of rewrite directives leaves the request.
enum class Script : std::uint8_t { passed, stopped, relocated, ended };

bool is_redirect(int status) { return status >= 300 && status < 400 && status != 304; }

class Walker {
 public:
  Walker(const Http& http, const Site& site, const Values& values, const Directive& around, Walk& walk)
      : http_(http), server_(*site.server), values_(values), walk_(walk), outer_{&around, server_.directive} {}

  void run() {
    State state;
    state.uri = walk_.question().path;
    Chain chain = outer_;
    const Script script = rewrites(*server_.directive, chain, state);
    if (script != Script::ended) locate(state);
  }

 private:
  // ---- locations ----

  Flow locate(State& state) {
    if (++state.cycles > maximum_cycles) {
      walk_.step(state.changed_by->at, "the request goes round in circles: nginx answers 500");
      walk_.end(Ending::answered, state.uri);
      refuse(*state.changed_by, 500, Rule::static_fallback, state);
      return Flow::ended;
    }
    state.uri_changed = false;
    const Location location = find_location(*server_.directive, state.uri);
    if (location.unclear != nullptr) {
      walk_.doubt(location.unclear->at,
                  fmt::format("`{}` is an expression that cannot be followed; taken as not matching",
                              text_of(*location.unclear)));
    }
    if (!location.groups.empty()) state.groups = location.groups;
    Chain chain = outer_;
    chain.insert(chain.end(), location.chain.begin(), location.chain.end());
    if (location.chain.empty()) {
      walk_.step(server_.directive->at, fmt::format("no location takes {}", state.uri));
    } else {
      walk_.step(chain.back()->at, fmt::format("{} is taken by `{}`", state.uri, text_of(*chain.back())));
    }
    if (location.slash_is_missing) {
      redirect(*chain.back(), fmt::format("{}/", state.uri), state, "adds the slash at the end and");
      return Flow::ended;
    }
    return enter(chain, state);
  }

  Flow enter(Chain& chain, State& state) {
    const Directive& location = *chain.back();
    for (const Directive& each : location.block) {
      if (each.name == "internal" && !state.internal && location.name == "location") {
        return status(each, 404, chain, state, Rule::request_denied);
      }
    }
    if (location.name == "location") {
      const Script script = rewrites(location, chain, state);
      if (script == Script::ended) return Flow::ended;
      if (state.uri_changed) return locate(state);
    }
    if (const auto refusal = check_access(http_, chain, walk_)) {
      return status(*refusal->by, refusal->status, chain, state, Rule::request_denied);
    }
    return content(chain, state);
  }

  // ---- rewrites ----

  Script rewrites(const Directive& block, Chain& chain, State& state) {
    for (const Directive& each : block.block) {
      Script script = Script::passed;
      if (each.name == "set" && each.word(0).size() > 1) {
        state.set[each.word(0).substr(1)] = values_.expand(each.word(1), state);
      }
      if (each.name == "break") script = Script::stopped;
      if (each.name == "return") script = answer(each, chain, state);
      if (each.name == "rewrite") script = rewrite(each, state);
      if (each.name == "if") script = branch(each, chain, state);
      if (each.name == "include") {
        walk_.step(each.at, fmt::format("{} was not given: what it says is not known", shown(each.word(0))));
      }
      if (script != Script::passed) return script;
    }
    return Script::passed;
  }

  Script branch(const Directive& directive, Chain& chain, State& state) {
    Truth truth = values_.test(directive, state);
    if (truth.holds == Tells::no) return Script::passed;
    Chain inside = chain;
    inside.push_back(&directive);
    if (truth.holds == Tells::unknown) {
      walk_.perhaps(truth.condition, [&] {
        State there = state;
        const Script script = rewrites(directive, inside, there);
        const bool handles = std::any_of(directive.block.begin(), directive.block.end(), is_handler);
        if (script == Script::ended) return Flow::ended;
        if (handles) return content(inside, there);
        // What stands behind it is for another request then.
        return script == Script::passed && there.uri == state.uri ? Flow::passed : Flow::ended;
      });
      forget_variables(directive, state);
      return Script::passed;
    }
    walk_.step(directive.at, fmt::format("`{}` holds", text_of(directive)));
    if (!truth.groups.empty()) state.groups = std::move(truth.groups);
    const Script script = rewrites(directive, inside, state);
    if (chain.back()->name == "location") {
      chain = inside;
    } else if (chain.back()->name == "if") {
      chain.back() = &directive;
    }
    return script;
  }

  /// That a block sets which may be entered: they have the one value or the other.
  static void forget_variables(const Directive& block, State& state) {
    for (const Directive& each : block.block) {
      if (each.name == "set" && each.word(0).size() > 1) {
        state.set[each.word(0).substr(1)] = {each.word(0), false, false};
      }
    }
  }

  Script rewrite(const Directive& directive, State& state) {
    RegexMatch match = regex_search(directive.word(0), state.uri);
    if (match.matches == Tells::unknown) {
      walk_.doubt(directive.at,
                  fmt::format("`{}` may change the path: its expression cannot be followed", text_of(directive)));
      return Script::passed;
    }
    if (match.matches == Tells::no) return Script::passed;
    state.groups = std::move(match.groups);
    const std::string& flag = directive.word(2);
    const std::string_view replacement = directive.word(1);
    const bool is_url =
        replacement.starts_with("http://") || replacement.starts_with("https://") || replacement.starts_with("$scheme");
    const Value target = values_.expand(replacement.substr(0, replacement.find('?')), state);
    if (is_url || flag == "redirect" || flag == "permanent") {
      redirect(directive, target.text, state);
      return Script::ended;
    }
    if (!target.known) {
      walk_.doubt(directive.at, fmt::format("`{}` makes the path {}: what that is, the text does not tell",
                                            text_of(directive), shown(target.text)));
      return Script::stopped;
    }
    change(directive, target.text, state);
    if (flag == "break") state.location_is_valid = false;
    state.uri_changed = flag != "break";
    if (flag == "last") return Script::relocated;
    return flag == "break" ? Script::stopped : Script::passed;
  }

  void change(const Directive& by, const std::string& to, State& state) {
    walk_.step(by.at, fmt::format("{} becomes {} by `{}`", state.uri, to, text_of(by)));
    if (to != state.uri) state.changed_by = &by;
    state.uri = to;
    state.unparsed = false;
  }

  // ---- answers of nginx's own ----

  Script answer(const Directive& directive, const Chain& chain, State& state) {
    int code = 0;
    const std::string& first = directive.word(0);
    const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), code);
    const bool is_code = error == std::errc() && end == first.data() + first.size();
    const std::string text = values_.expand(is_code ? directive.word(1) : first, state).text;
    if (!is_code || (is_redirect(code) && !text.empty())) {
      redirect(directive, text, state);
    } else if (code == 444) {
      walk_.step(directive.at, "the connection is ended without an answer by `return 444`");
      walk_.end(Ending::answered, state.uri);
      walk_.find({Rule::request_aborted,
                  Severity::error,
                  directive.at,
                  fmt::format("`return 444` ends the connection on which {} is asked for", state.uri),
                  "the connection is closed without an answer",
                  {},
                  of_location(state),
                  {}});
    } else if (code >= 400) {
      // A text of its own is sent as it is; without one an error_page may take over.
      const Rule rule = code == 404 ? Rule::no_route : Rule::request_denied;
      if (directive.words.size() > 1) {
        refuse(directive, code, rule, state);
      } else {
        status(directive, code, chain, state, rule);
      }
    } else {
      walk_.step(directive.at, fmt::format("answered with {} by `{}`", code, text_of(directive)));
      walk_.end(Ending::answered, state.uri);
      walk_.find({Rule::no_route,
                  Severity::error,
                  directive.at,
                  fmt::format("`{}` answers {} itself; no application is asked", text_of(directive), state.uri),
                  "the WebSocket is answered with a fixed response instead of 101",
                  {},
                  of_location(state),
                  {}});
    }
    return Script::ended;
  }

  void redirect(const Directive& by, const std::string& to, const State& state, std::string_view does = "") {
    walk_.step(by.at, fmt::format("redirected to {} by `{}`", shown(to), text_of(by)));
    walk_.end(Ending::answered, state.uri);
    walk_.find(
        {Rule::redirected,
         Severity::error,
         by.at,
         fmt::format("`{}` {}{}answers with a redirect to {}", text_of(by), does, does.empty() ? "" : " ", shown(to)),
         "WebSocket clients do not follow redirects: the connection fails",
         {},
         of_location(state),
         {}});
  }

  /// An error status; an `error_page` may send the request to a location that forwards it.
  Flow status(const Directive& by, int code, const Chain& chain, State& state, Rule rule) {
    if (!std::exchange(state.error_page_done, true)) {
      for (const Directive* page : in_force(chain, {"error_page"}).directives) {
        const auto& words = page->words;
        if (words.size() < 2 || std::find(words.begin(), words.end() - 1, std::to_string(code)) == words.end() - 1)
          continue;
        const Directive* named = named_location(*server_.directive, words.back());
        if (named == nullptr || !holds_any(*named, {"proxy_pass"})) {
          walk_.step(page->at,
                     fmt::format("{} is answered with {} by `{}`", code, shown(words.back()), text_of(*page)));
          continue;
        }
        walk_.step(page->at, fmt::format("{} leads to {} by `{}`", code, words.back(), text_of(*page)));
        return enter_named(*named, state);
      }
    }
    refuse(by, code, rule, state);
    return Flow::ended;
  }

  void refuse(const Directive& by, int code, Rule rule, const State& state) {
    walk_.step(by.at, fmt::format("answered with {} by `{}`", code, text_of(by)));
    walk_.end(rule == Rule::no_route ? Ending::no_route : Ending::answered, state.uri);
    const std::string says =
        rule == Rule::no_route && by.name != "return"
            ? fmt::format("`{}` looks for a file {} and does not ask the application", text_of(by), state.uri)
            : fmt::format("`{}` answers {} itself; the application is not asked", text_of(by), state.uri);
    walk_.find({rule,
                Severity::error,
                by.at,
                says,
                fmt::format("{} instead of 101, from the proxy itself", code),
                {},
                of_location(state),
                {}});
  }

  Flow enter_named(const Directive& location, State& state) {
    if (++state.cycles > maximum_cycles) return Flow::ended;
    state.internal = true;
    Chain chain = outer_;
    chain.push_back(&location);
    walk_.step(location.at, fmt::format("taken by `{}`", text_of(location)));
    return enter(chain, state);
  }

  [[nodiscard]] Correction of_location(const State& state) const {
    return {
        fmt::format("in the server block of {}, give the application's paths a location of their own", server_.title()),
        good_location(walk_.question().path, state.upstream.empty() ? upstream_of_server() : state.upstream)};
  }

  /// The first application that the server forwards to: most likely the one that is meant.
  [[nodiscard]] std::string upstream_of_server() const {
    const auto first = [](const auto& self, const Directive& block) -> std::string {
      for (const Directive& each : block.block) {
        if (each.name == "proxy_pass") return without_uri(each.word(0));
        if (std::string inner = self(self, each); !inner.empty()) return inner;
      }
      return {};
    };
    return first(first, *server_.directive);
  }

  // ---- content ----

  static bool is_handler(const Directive& directive) {
    return directive.name.ends_with("_pass") || is_one_of(directive.name, {"stub_status", "empty_gif", "return"}) ||
           directive.name.starts_with("content_by_lua");
  }

  Flow content(Chain& chain, State& state) {
    const Directive& location = *chain.back();
    for (auto block = chain.rbegin(); block != chain.rend(); ++block) {
      for (const Directive& each : (*block)->block) {
        if (each.name == "try_files" && (*block)->name != "http") {
          if (const auto flow = try_files(each, chain, state)) return *flow;
        }
      }
      if ((*block)->name != "if") break;
    }
    if (const Directive* handler = handler_of(chain)) return handle(*handler, chain, state);
    return files(location, chain, state);
  }

  /// That of the block itself; an `if` has that of its location.
  static const Directive* handler_of(const Chain& chain) {
    for (auto block = chain.rbegin(); block != chain.rend(); ++block) {
      for (const Directive& each : (*block)->block) {
        if (is_handler(each) && each.name != "return") return &each;
      }
      if ((*block)->name != "if") return nullptr;
    }
    return nullptr;
  }

  Flow handle(const Directive& handler, const Chain& chain, State& state) {
    if (handler.name == "proxy_pass") {
      forward(handler, Forwarding{http_, chain, values_, of_location(state)}, state, walk_);
      return Flow::ended;
    }
    const bool grpc = handler.name == "grpc_pass";
    if (!grpc && !is_one_of(handler.name, {"fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"})) {
      walk_.doubt(handler.at, fmt::format("`{}` answers: what, the text does not tell", text_of(handler)));
      walk_.end(Ending::undetermined, state.uri);
      return Flow::ended;
    }
    walk_.step(handler.at,
               fmt::format("sent to {} as {} by `{}`", shown(handler.word(0)), state.uri, text_of(handler)));
    walk_.forwarded_to(handler.word(0));
    walk_.end(Ending::forwarded, state.uri);
    walk_.find({grpc ? Rule::h2_upstream : Rule::upgrade_not_forwarded,
                Severity::error,
                handler.at,
                fmt::format("`{}` forwards in a protocol that has no Upgrade", text_of(handler)),
                grpc ? "502: the application cannot be asked for a WebSocket" : "the application sees a plain GET",
                {},
                of_location(state),
                {}});
    return Flow::ended;
  }

  /// None where a file is found and the location goes on with it.
  std::optional<Flow> try_files(const Directive& directive, Chain& chain, State& state) {
    if (directive.words.size() < 2) return std::nullopt;
    for (std::size_t index = 0; index + 1 < directive.words.size(); ++index) {
      const std::string& word = directive.words[index];
      const Value candidate = values_.expand(word, state);
      if (word.find('$') != std::string::npos) {
        // The path itself is no file, but what the request fell back to is one.
        if (!candidate.known || candidate.text != state.fallback) continue;
        walk_.step(directive.at, fmt::format("the file {} is there", state.fallback));
        return std::nullopt;
      }
      // With a status behind it the file is the page that is meant for everything else, and surely there. Where the
      // location forwards, it does so with the path that was asked for.
      if (directive.words.back().starts_with('=') && handler_of(chain) == nullptr) {
        change(directive, candidate.text, state);
        return std::nullopt;
      }
      walk_.perhaps(
          {fmt::format("there is a file {}", shown(word)), fmt::format("there is no file {}", shown(word)), false},
          [&] {
            walk_.step(directive.at, fmt::format("`{}` goes on with it", text_of(directive)));
            return Flow::ended;
          });
    }
    const std::string& last = directive.words.back();
    if (last.starts_with('=')) {
      int code = 404;
      std::from_chars(last.data() + 1, last.data() + last.size(), code);
      return status(directive, code, chain, state, code == 404 ? Rule::no_route : Rule::request_denied);
    }
    if (last.starts_with('@')) {
      const Directive* named = named_location(*server_.directive, last);
      walk_.step(directive.at, fmt::format("no file {}: `{}` leads to {}", state.uri, text_of(directive), last));
      if (named == nullptr) return status(directive, 500, chain, state, Rule::no_route);
      return enter_named(*named, state);
    }
    const Value target = values_.expand(last.substr(0, last.find('?')), state);
    if (!target.known) {
      walk_.doubt(directive.at, fmt::format("`{}` leads to {}: where that is, the text does not tell",
                                            text_of(directive), shown(target.text)));
      walk_.end(Ending::undetermined, state.uri);
      return Flow::ended;
    }
    change(directive, target.text, state);
    state.fallback = state.uri;
    state.internal = true;
    return locate(state);
  }

  Flow files(const Directive& location, const Chain& chain, State& state) {
    if (state.changed_by == nullptr && !state.uri.ends_with('/')) {
      return status(location, 404, chain, state, Rule::no_route);
    }
    const Directive& at_fault = state.changed_by == nullptr ? location : *state.changed_by;
    walk_.step(location.at, fmt::format("answered with the file {}", state.uri));
    walk_.end(Ending::answered, state.uri);
    Finding finding{
        Rule::static_fallback, Severity::error, at_fault.at, {}, "the page instead of 101", {}, of_location(state), {}};
    finding.says = state.changed_by == nullptr
                       ? fmt::format("`{}` answers {} with a file", text_of(location), state.uri)
                       : fmt::format("`{}` turns {} into {}, which is answered with a file", text_of(at_fault),
                                     walk_.question().path, state.uri);
    if (&at_fault != &location) finding.related.push_back({location.at, "the file is served here"});
    walk_.find(std::move(finding));
    return Flow::ended;
  }

  const Http& http_;
  const Server& server_;
  const Values& values_;
  Walk& walk_;
  Chain outer_;
};

void judge_names(const Site& site, Walk& walk) {
  for (const Server* other : site.shadowed) {
    walk.find({Rule::ambiguous_site,
               Severity::warning,
               other->directive->at,
               fmt::format("a second server for {}: nginx ignores it, the first one takes every request",
                           site.server->title()),
               "what is written here has no effect",
               {},
               {"keep one server block for each name, and put the locations of both into it", ""},
               {{site.server->directive->at, "this one takes the requests"}}});
  }
}

}  // namespace

void follow(const Http& http, const Site& site, const Question& question, const Deployment& deployment,
            Result& result) {
  Walk walk("nginx", question, deployment, result);
  walk.trace().site = site.server->title();
  walk.trace().site_at = site.server->directive->at;
  if (site.by_default) {
    walk.step(site.server->directive->at,
              fmt::format("no server is named {}: the default one takes it", shown(question.host)));
  }
  judge_names(site, walk);
  Directive around;
  around.name = "http";
  std::copy_if(http.directives.begin(), http.directives.end(), std::back_inserter(around.block),
               [](const Directive& each) { return !each.is_block; });
  const Values values(http, site, question);
  Walker(http, site, values, around, walk).run();
  walk.finish();
}

}  // namespace wsprobe::lint::nginx
