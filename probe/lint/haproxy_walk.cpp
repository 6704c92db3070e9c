#include "lint/haproxy_walk.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "lint/haproxy_backend.hpp"
#include "lint/haproxy_conditions.hpp"

namespace wsprobe::lint::haproxy {
namespace {

// A page that reconnects after a deployment, in two tabs, with a retry each.
constexpr double enough_a_minute = 10;
constexpr std::int64_t enough_connections = 3;

int status_of(const Line& line, int otherwise) {
  for (std::size_t index = 0; index + 1 < line.words.size(); ++index) {
    if (!(line.words[index] == "status" || line.words[index] == "deny_status" || line.words[index] == "code")) continue;
    const std::string& text = line.words[index + 1];
    std::from_chars(text.data(), text.data() + text.size(), otherwise);
  }
  return otherwise;
}

std::string word_behind(const Line& line, std::string_view key) {
  const auto found = std::find(line.words.begin(), line.words.end(), key);
  return found == line.words.end() || found + 1 == line.words.end() ? "" : *(found + 1);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "set-var(txn.a)", "set-var-fmt(txn.a)", "unset-var(txn.a)"
bool is_about_variable(std::string_view action) {
  return action.starts_with("set-var(") || action.starts_with("set-var-fmt(") || action.starts_with("unset-var(");
}

std::string variable_of(std::string_view action) {
  const std::string_view inside = action.substr(action.find('(') + 1);
  return std::string(inside.substr(0, inside.find_first_of(",)")));
}

class Walker {
 public:
  Walker(const std::vector<Section>& sections, const Entrance& entrance, Walk& walk)
      : sections_(sections), frontend_(*entrance.section), walk_(walk) {
    const Question& question = walk.question();
    request_.path = question.path;
    request_.host = question.host;
    request_.tls = entrance.tls;
    request_.says_hello = question.tls;
    request_.port = entrance.port;
    const std::uint16_t usual = question.tls ? 443 : 80;
    if (!question.host.empty() && question.port && *question.port != usual) {
      request_.host += fmt::format(":{}", *question.port);
    }
  }

  void run() {
    if (mode_of(sections_, frontend_) == "http" && answered_by_itself(frontend_)) return;
    if (rules(frontend_) == Flow::ended) return;
    choose();
  }

 private:
  [[nodiscard]] std::string path() const { return request_.path.value_or("a path that the text does not tell"); }

  const Conditions& conditions(const Section& section) {
    return conditions_.try_emplace(&section, sections_, section, request_).first->second;
  }

  // ---- answers that no rule asks for ----

  bool answered_by_itself(const Section& section) {
    if (const Line* monitor = setting(sections_, section, {"monitor-uri"});
        monitor != nullptr && request_.path == monitor->word(1)) {
      answer(*monitor, 200);
      return true;
    }
    const Line* stats = setting(sections_, section, {"stats", "uri"});
    if (stats == nullptr || !request_.path || !request_.path->starts_with(stats->word(2))) return false;
    answer(*stats, 200);
    return true;
  }

  // ---- rules ----

  /// In the order in which HAProxy runs them, which is not that of the file.
  Flow rules(const Section& section) {
    const bool is_http = mode_of(sections_, section) == "http";
    for (const std::string_view kind : {"connection", "session", "content"}) {
      if (each_rule(
              section, [&](const Line& line) { return line.words[0] == "tcp-request" && line.word(1) == kind; }, 2) ==
          Flow::ended) {
        return Flow::ended;
      }
    }
    if (!is_http) return Flow::passed;
    if (each_rule(
            section, [](const Line& line) { return line.words[0] == "http-request"; }, 1) == Flow::ended) {
      return Flow::ended;
    }
    return each_rule(
        section, [](const Line& line) { return line.words[0] == "redirect"; }, 0);
  }

  template <typename Wanted>
  Flow each_rule(const Section& section, Wanted wanted, std::size_t action_at) {
    std::vector<const Section*> from{&section};
    if (section.inherits_rules) from.insert(from.begin(), &sections_[*section.defaults]);
    for (const Section* each : from) {
      for (const Line& line : each->lines) {
        if (!wanted(line)) continue;
        const Next next = rule(section, line, action_at);
        if (next == Next::ends) return Flow::ended;
        if (next == Next::skips) return Flow::passed;
      }
    }
    return Flow::passed;
  }

  enum class Next : std::uint8_t { goes_on, skips, ends };

  Next rule(const Section& section, const Line& line, std::size_t action_at) {
    const Judgement judgement = conditions(section).judge(line);
    if (judgement.holds == Tells::no) return Next::goes_on;
    if (judgement.holds == Tells::yes) return act(section, line, action_at);
    const std::string& action = line.word(action_at);
    const bool refuses = is_one_of(action, {"deny", "reject", "tarpit", "silent-drop", "return"});
    if ((refuses || action == "auth") && judgement.by_credential) {
      ask_for_credentials(line);
      return Next::goes_on;
    }
    if (refuses && judgement.limit) {
      limit(section, line, *judgement.limit);
      return Next::goes_on;
    }
    if (is_about_variable(action)) request_.vars[variable_of(action)].reset();
    if (!refuses && !is_one_of(action, {"auth", "redirect", "allow", "accept", "set-path", "set-uri", "set-pathq",
                                        "replace-path", "replace-uri", "replace-pathq", "use-service", "prefix",
                                        "location", "scheme", "del-header", "set-header", "set-method"})) {
      return Next::goes_on;  // changes nothing of what is asked here
    }
    const Request before = request_;
    const Line* const changed_by = path_changed_by_;
    walk_.perhaps(judgement.condition,
                  [&] { return act(section, line, action_at) == Next::goes_on ? Flow::passed : Flow::ended; });
    request_ = before;
    path_changed_by_ = changed_by;
    return Next::goes_on;
  }

  Next act(const Section& section, const Line& line, std::size_t action_at) {
    const std::string& action = line.word(action_at);
    if (line.words[0] == "redirect" || action == "redirect") return redirect(section, line);
    if (action == "deny") return refuse(line, status_of(line, 403));
    if (action == "tarpit") return refuse(line, status_of(line, 500));
    if (action == "auth") return ask_for_credentials(line);
    if (action == "return" || action == "use-service") return answer(line, status_of(line, 200));
    if (action == "reject" || action == "silent-drop") return abort(line);
    if (action == "allow" || action == "accept") {
      walk_.step(line.at, fmt::format("`{}`: the rules after it are left out", text_of(line)));
      return Next::skips;
    }
    if (is_one_of(action, {"set-path", "set-uri", "set-pathq"})) return set_path(section, line);
    if (is_one_of(action, {"replace-path", "replace-uri", "replace-pathq"})) return replace_path(line);
    if (is_one_of(action, {"del-header", "set-header", "replace-header"})) return change_header(section, line);
    if (action == "set-method" && line.word(action_at + 1) != "GET") return lose_upgrade(line);
    if (is_about_variable(action)) set_variable(section, line, action_at);
    if (action.starts_with("lua.") || action == "set-dst" || action == "set-dst-port") {
      walk_.doubt(line.at, fmt::format("`{}` may change the request: how, the text does not tell", text_of(line)));
    }
    return Next::goes_on;
  }

  void set_variable(const Section& section, const Line& line, std::size_t action_at) {
    const std::string& value = line.word(action_at + 1);
    std::optional<std::string>& variable = request_.vars[variable_of(line.word(action_at))];
    if (line.word(action_at).starts_with("set-var(")) {
      variable = conditions(section).expression_value(value);
    } else if (line.word(action_at).starts_with("set-var-fmt(")) {
      variable = conditions(section).format_value(value);
    } else {
      variable.reset();
    }
  }

  Next refuse(const Line& line, int status) {
    walk_.step(line.at, fmt::format("refused with {} by `{}`", status, text_of(line)));
    walk_.end(Ending::answered, path());
    walk_.find({status == 404 ? Rule::no_route : Rule::request_denied,
                Severity::error,
                line.at,
                fmt::format("`{}` refuses {}; the application is not asked", text_of(line), path()),
                fmt::format("{} instead of 101, from the proxy itself, whatever the token", status),
                {},
                exempted(line, walk_.question().path),
                {}});
    return Next::ends;
  }

  Next abort(const Line& line) {
    walk_.step(line.at, fmt::format("the connection is ended without an answer by `{}`", text_of(line)));
    walk_.end(Ending::answered, path());
    walk_.find({Rule::request_aborted,
                Severity::error,
                line.at,
                fmt::format("`{}` ends the connection on which {} is asked for", text_of(line), path()),
                "the connection is closed, or left hanging, without an answer",
                {},
                exempted(line, walk_.question().path),
                {}});
    return Next::ends;
  }

  Next answer(const Line& line, int status) {
    if (status >= 400) return refuse(line, status);
    walk_.step(line.at, fmt::format("answered with {} by `{}`", status, text_of(line)));
    walk_.end(Ending::answered, path());
    walk_.find({Rule::no_route,
                Severity::error,
                line.at,
                fmt::format("`{}` answers {} itself; no application is asked", text_of(line), path()),
                "the WebSocket is answered with a fixed response instead of 101",
                {},
                exempted(line, walk_.question().path),
                {}});
    return Next::ends;
  }

  Next ask_for_credentials(const Line& line) {
    walk_.step(line.at, fmt::format("credentials are asked for by `{}`", text_of(line)));
    walk_.find({Rule::auth_in_front,
                Severity::error,
                line.at,
                fmt::format("`{}` asks for credentials of its own before the application is reached", text_of(line)),
                "401 or 403 for every client that does not send them; a page's script cannot add them to a WebSocket",
                {},
                exempted(line, walk_.question().path),
                {}});
    // Those who have them go on.
    return Next::goes_on;
  }

  Next redirect(const Section& section, const Line& line) {
    std::string to;
    for (const std::string_view kind : {"location", "prefix", "scheme"}) {
      if (to.empty()) to = word_behind(line, kind);
    }
    const auto value = conditions(section).format_value(to);
    const std::string shown_target = shown(value.value_or(to));
    walk_.step(line.at, fmt::format("redirected to {} by `{}`", shown_target, text_of(line)));
    walk_.end(Ending::answered, path());
    walk_.find({Rule::redirected,
                Severity::error,
                line.at,
                fmt::format("`{}` answers with a redirect to {}", text_of(line), shown_target),
                "WebSocket clients do not follow redirects: the connection fails",
                {},
                exempted(line, walk_.question().path),
                {}});
    return Next::ends;
  }

  // ---- rules that change the request ----

  void change_path(const Line& line, std::optional<std::string> to) {
    if (to) to = to->substr(0, to->find('?'));
    if (to == request_.path) return;
    walk_.step(line.at,
               fmt::format("{} becomes {} by `{}`", path(),
                           to ? shown(*to) : std::string("something that the text does not tell"), text_of(line)));
    request_.path = std::move(to);
    path_changed_by_ = &line;
  }

  Next set_path(const Section& section, const Line& line) {
    change_path(line, conditions(section).format_value(line.word(2)));
    return Next::goes_on;
  }

  /// What matches is replaced as a whole, not only the part that the expression covers.
  Next replace_path(const Line& line) {
    if (!request_.path) return Next::goes_on;
    const RegexMatch match = regex_search(line.word(2), *request_.path);
    if (match.matches == Tells::no) return Next::goes_on;
    const bool is_plain = match.matches == Tells::yes && line.word(3).find('%') == std::string::npos;
    change_path(line, is_plain ? std::optional(with_groups(line.word(3), '\\', match)) : std::nullopt);
    return Next::goes_on;
  }

  /// HAProxy makes a Sec-WebSocket-Key of its own where there is none; what else is lost is missed.
  Next change_header(const Section& section, const Line& line) {
    const std::string header = lower_case(line.word(2));
    request_.changed_headers.push_back(header);
    if (!is_one_of(header, {"upgrade", "connection", "sec-websocket-version"})) return Next::goes_on;
    if (line.word(1) == "set-header") {
      const auto value = conditions(section).format_value(line.word(3));
      const std::string_view wanted = header == "upgrade" ? "websocket" : header == "connection" ? "upgrade" : "13";
      if (value && contains_ignoring_case(*value, wanted)) return Next::goes_on;
      if (value) return lose_upgrade(line);
    }
    if (line.word(1) == "del-header") return lose_upgrade(line);
    walk_.doubt(line.at, fmt::format("whether `{}` leaves the handshake whole, the text does not tell", text_of(line)));
    return Next::goes_on;
  }

  Next lose_upgrade(const Line& line) {
    walk_.step(line.at, fmt::format("the handshake is spoilt by `{}`", text_of(line)));
    walk_.find({Rule::upgrade_not_forwarded,
                Severity::error,
                line.at,
                fmt::format("`{}` takes away what a handshake needs", text_of(line)),
                "the application answers 404, 400 or 426 instead of 101",
                {},
                exempted(line, walk_.question().path),
                {}});
    return Next::goes_on;
  }

  // ---- limits ----

  /// Requests a minute that the stick table's period makes of the limit; none where the table is elsewhere.
  std::optional<double> a_minute(const Section& section, const Limit& limit) const {
    const std::size_t comma = limit.fetch.find(',');
    std::string table = comma == std::string::npos ? "" : limit.fetch.substr(comma + 1);
    if (table.ends_with(')')) table.pop_back();
    const Section* holder = &section;
    if (!table.empty()) holder = section_named(sections_, {"backend", "frontend", "listen", "peers"}, table);
    if (holder == nullptr) return std::nullopt;
    for (const Line& line : holder->lines) {
      if (line.words[0] != "stick-table") continue;
      for (const std::string& word : line.words) {
        const std::size_t at = word.find("http_req_rate(");
        if (at == std::string::npos) continue;
        const std::string period = word.substr(at + 14, word.find(')', at) - at - 14);
        const auto duration = duration_of(period);
        if (!duration || duration->count() == 0) return std::nullopt;
        return static_cast<double>(limit.above) * 60.0 / to_seconds(*duration);
      }
    }
    return std::nullopt;
  }

  void limit(const Section& section, const Line& line, const Limit& limit) {
    walk_.step(line.at, fmt::format("requests are limited by `{}`", text_of(line)));
    const bool by_connections = limit.fetch.find("conn_cur") != std::string::npos;
    const bool by_requests = limit.fetch.find("http_req_rate") != std::string::npos;
    const auto rate = by_requests ? a_minute(section, limit) : std::nullopt;
    const bool too_few = by_connections ? limit.above < enough_connections : rate && *rate < enough_a_minute;
    if (!too_few) return;
    walk_.find({Rule::rate_limit,
                Severity::warning,
                line.at,
                by_connections
                    ? fmt::format("`{}` counts every open WebSocket for as long as it is open", text_of(line))
                    : fmt::format("`{}` lets {:g} requests a minute pass", text_of(line), *rate),
                fmt::format("clients that reconnect, or a further tab, are refused with {}", status_of(line, 403)),
                {},
                exempted(line, walk_.question().path),
                {}});
  }

  // ---- the backend ----

  void choose() {
    const Section* target = nullptr;
    const Line* winner = nullptr;
    bool winner_is_specific = false;
    for (const Line& line : frontend_.lines) {
      if (line.words[0] != "use_backend") continue;
      const Judgement judgement = conditions(frontend_).judge(line);
      if (judgement.holds == Tells::no) continue;
      if (winner != nullptr) {
        if (judgement.holds == Tells::yes && judgement.is_specific && !winner_is_specific) shadowed(line, *winner);
        continue;
      }
      const auto name = conditions(frontend_).format_value(line.word(1));
      const Section* named = name ? section_named(sections_, {"backend", "listen"}, *name) : nullptr;
      if (judgement.holds == Tells::unknown) {
        walk_.perhaps(judgement.condition, [&] {
          walk_.step(line.at, fmt::format("taken by `{}`", text_of(line)));
          if (named != nullptr) enter(*named);
          return Flow::ended;
        });
        continue;
      }
      winner = &line;
      winner_is_specific = judgement.is_specific;
      target = named;
    }
    if (winner == nullptr) {
      winner = setting(sections_, frontend_, {"default_backend"});
      if (winner != nullptr) target = section_named(sections_, {"backend", "listen"}, winner->word(1));
    }
    if (winner == nullptr && frontend_.kind == "listen") {
      enter(frontend_);
    } else if (winner == nullptr) {
      no_backend();
    } else if (target == nullptr) {
      walk_.doubt(winner->at, fmt::format("`{}` leads to a backend that these files do not have", text_of(*winner)));
      walk_.end(Ending::undetermined, path());
    } else {
      walk_.step(winner->at, fmt::format("taken by `{}`", text_of(*winner)));
      enter(*target);
    }
  }

  void enter(const Section& backend) {
    const Request before = request_;
    const bool is_own = &backend == &frontend_;
    if (!is_own && mode_of(sections_, backend) == "http" && answered_by_itself(backend)) return;
    if (is_own || rules(backend) == Flow::passed) {
      forward({sections_, frontend_, backend, request_, path_changed_by_}, walk_);
    }
    request_ = before;
  }

  void shadowed(const Line& line, const Line& winner) {
    if (line.word(1) == winner.word(1)) return;
    walk_.find({Rule::ambiguous_site,
                Severity::warning,
                line.at,
                fmt::format("`{}` is meant for the WebSocket, but `{}` comes first and takes it", text_of(line),
                            text_of(winner)),
                fmt::format("the WebSocket goes to `{}` instead of `{}`", winner.word(1), line.word(1)),
                {},
                {"the first rule that holds wins: put the more particular one before the other",
                 fmt::format("{}\n{}\n", copy_of(line), copy_of(winner))},
                {{winner.at, "this one takes the request"}}});
  }

  void no_backend() {
    walk_.step(frontend_.at, fmt::format("no rule of `{}` leads to a backend", frontend_.title()));
    walk_.end(Ending::no_route, path());
    walk_.find(
        {Rule::no_route,
         Severity::error,
         frontend_.at,
         fmt::format("no use_backend of `{}` takes {}, and there is no default_backend", frontend_.title(), path()),
         "503 instead of 101, from the proxy itself",
         {},
         {fmt::format("in `{}`, send the WebSocket's path to the application", frontend_.title()),
          fmt::format("    use_backend app if {{ path {} }}\n", walk_.question().path)},
         {}});
  }

  const std::vector<Section>& sections_;
  const Section& frontend_;
  Walk& walk_;
  Request request_;
  std::map<const Section*, Conditions> conditions_;
  const Line* path_changed_by_ = nullptr;
};

void judge_rivals(const Entrance& entrance, Walk& walk) {
  for (const Section* rival : entrance.rivals) {
    walk.find({Rule::ambiguous_site,
               Severity::warning,
               rival->at,
               fmt::format("`{}` and `{}` listen on the same address", entrance.section->title(), rival->title()),
               "the kernel deals connections out to both: some requests are answered by the one, some by the other",
               {},
               {"keep one bind for each address, and the rules of both in its section", ""},
               {{entrance.bind == nullptr ? entrance.section->at : entrance.bind->at, "the other one"}}});
  }
}

}  // namespace

std::string mode_of(const std::vector<Section>& sections, const Section& section) {
  const Line* mode = setting(sections, section, {"mode"});
  return mode == nullptr ? "tcp" : mode->word(1);
}

void follow(const std::vector<Section>& sections, const Entrance& entrance, const Question& question,
            const Deployment& deployment, Result& result) {
  Walk walk("HAProxy", question, deployment, result);
  walk.trace().site = entrance.section->title();
  walk.trace().site_at = entrance.section->at;
  judge_rivals(entrance, walk);
  Walker(sections, entrance, walk).run();
  walk.finish();
}

}  // namespace wsprobe::lint::haproxy
