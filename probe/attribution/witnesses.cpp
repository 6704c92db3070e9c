// Witnesses: what the logs on the other side of the proxy say of the very exchange that is judged.
//
// The application's own line about an exchange settles who refused it; a path in it that nobody asked for settles why.
// What is missing from a log says less than what is in it: the line may be late, the log may be another replica's, or
// leave out what went wrong early. So a missing line counts only for answers that applications do log, and by how much
// else of this run is there.
//
// The formats were measured (tests/data/logs); the weights were not, and are chosen so that one line with the run's own
// mark outweighs any signature, and a line that was found by counting does not.
#include "attribution/lines.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "attribution/causes.hpp"

namespace wsprobe::attribution {
namespace {

constexpr double marked_line = 6.0;
constexpr double counted_line = 3.0;
constexpr double named_by_its_own_log = -5.0;  ///< HAProxy's termination state, an upstream that was not asked
constexpr double failed_upstream = -4.0;
constexpr double passed_on = 1.0;  ///< by this proxy: there may be another behind it

bool is_backend(const LogRecord& record) { return record.owner == LogOwner::backend; }

/// The application's line, one with a mark before one that was counted.
const LogRecord* line_of_application(const StepReport& exchange) {
  const LogRecord* found = nullptr;
  for (const LogRecord& record : exchange.logged) {
    if (is_backend(record) && record.status != 0 && (found == nullptr || (record.marked && !found->marked)))
      found = &record;
  }
  return found;
}

std::string path_of(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (!target.starts_with('/') && scheme != std::string_view::npos) {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return std::string(target.substr(0, target.find('?')));
}

std::string found_by(const LogRecord& record) {
  return record.marked ? std::string("by this run's mark") : std::string("by counting the lines of this time");
}

/// uvicorn says of each request whether it took it for a WebSocket; nobody else does.
bool was_taken_for_plain(const StepReport& exchange, const LogRecord& record) {
  return exchange.evidence.request.upgrade && record.format == "uvicorn" && !record.upgrade;
}

Finding finding(double weight, std::string sentence) { return {Line::witness, weight, std::move(sentence)}; }

void judge_application_line(const Pattern& pattern, const LogRecord& record, Findings& findings) {
  const int status = status_of(pattern.subject);
  const double weight = record.marked ? marked_line : counted_line;
  if (record.status == status) {
    findings.push_back(finding(weight, fmt::format("the application's own log ({}) has this request with the status "
                                                   "{}, found {}",
                                                   record.source, status, found_by(record))));
  } else if (record.status == 101) {
    findings.push_back(
        finding(-weight, fmt::format("the application's own log ({}) says that it accepted this upgrade (found {}): "
                                     "the {} was put in its place on the way back",
                                     record.source, found_by(record), status)));
  } else {
    findings.push_back(
        finding(-weight, fmt::format("the application's own log ({}) has this request with the status {} (found {}): "
                                     "the {} was put in its place on the way back",
                                     record.source, record.status, found_by(record), status)));
  }
}

/// HAProxy's first letter says who ended the session, its second in which phase.
void judge_termination(const LogRecord& record, Findings& findings) {
  const std::string_view flags = record.flags;
  const std::string what = fmt::format("{} says {}", record.source, flags);
  const bool by_itself = flags.starts_with("PR") || flags.starts_with("PT") || flags.starts_with("LR");
  if (by_itself) {
    findings.push_back(
        finding(named_by_its_own_log, what + ": HAProxy answered this request itself, before it chose a server"));
  } else if (flags.starts_with("PH")) {
    findings.push_back(finding(failed_upstream, what + ": HAProxy did not let the server's answer pass"));
  } else if (flags.starts_with("SC") || flags.starts_with("sC")) {
    findings.push_back(finding(failed_upstream, what + ": HAProxy could not connect to the server"));
  } else if (flags.starts_with("SH") || flags.starts_with("sH")) {
    findings.push_back(finding(failed_upstream, what + ": the server gave HAProxy no whole answer"));
  } else if (flags.starts_with("sQ") || flags.starts_with("PQ")) {
    findings.push_back(finding(failed_upstream, what + ": no server was free"));
  } else if (flags.starts_with("--") && !record.upstream_status) {
    findings.push_back(finding(passed_on, what + ": HAProxy passed a server's answer on"));
  }
}

void judge_proxy_line(const Pattern& pattern, const LogRecord& record, Findings& findings) {
  const int status = status_of(pattern.subject);
  if (record.status != 0 && record.status != status) {
    findings.push_back(finding(0, fmt::format("{} has this request with the status {}, and {} arrived: something "
                                              "between that program and here put another in its place",
                                              record.source, record.status, status)));
    return;
  }
  if (record.format == "haproxy") {
    judge_termination(record, findings);
    return;
  }
  if (record.format == "caddy" && !record.flags.empty()) {
    findings.push_back(
        finding(failed_upstream, fmt::format("{} names an error of Caddy's own: {}", record.source, record.flags)));
    return;
  }
  if (!record.upstream_status) return;
  const int upstream = *record.upstream_status;
  // nginx writes its own 502 and 504 there as well.
  const bool may_be_its_own = upstream == 502 || upstream == 504;
  if (upstream == 0) {
    findings.push_back(
        finding(named_by_its_own_log,
                fmt::format("{} says that no upstream was asked: the proxy answered itself", record.source)));
  } else if (upstream == status && !may_be_its_own) {
    findings.push_back(
        finding(passed_on, fmt::format("{} says that its upstream answered with {}", record.source, upstream)));
  } else if (upstream != status && !may_be_its_own) {
    findings.push_back(finding(failed_upstream, fmt::format("{} says that its upstream answered with {}: the {} was "
                                                            "put in its place",
                                                            record.source, upstream, status)));
  }
}

/// Answers that every application server writes into its log. Not those to requests it could not read, nor those to
/// requests during which the application failed: uvicorn has no line for either.
bool is_always_logged(int status) {
  return status < 500 && status != 400 && status != 408 && status != 413 && status != 414 && status != 426 &&
         status != 431;
}

/// Only the application can have given this answer.
bool is_surely_the_applications(const StepReport& exchange) {
  return accepted(&exchange) || is_health_document(&exchange);
}

bool has_any_line(const StepReport& exchange, const std::string& source) {
  return std::any_of(exchange.logged.begin(), exchange.logged.end(),
                     [&](const LogRecord& record) { return record.source == source; });
}

struct Presence {
  int marked = 0;
  int counted = 0;
  int upgrades = 0;
  bool is_the_only_log = true;  ///< nothing shows that there is another replica, or that this log leaves things out
};

Presence presence_in(const WitnessReport& log, const Pattern& pattern) {
  Presence presence;
  for (const StepReport* other : pattern.others()) {
    const auto record = std::find_if(other->logged.begin(), other->logged.end(),
                                     [&](const LogRecord& one) { return one.source == log.source && one.status != 0; });
    if (record == other->logged.end()) {
      if (is_surely_the_applications(*other) && !has_any_line(*other, log.source)) presence.is_the_only_log = false;
      continue;
    }
    ++(record->marked ? presence.marked : presence.counted);
    if (other->evidence.request.upgrade) ++presence.upgrades;
    // Whoever wrote down this very answer elsewhere may have written it here too, and not have written it down.
    if (record->status == status_of(pattern.subject) && same_answer(other, pattern.subject)) {
      presence.is_the_only_log = false;
    }
  }
  return presence;
}

/// The application's log has other requests of this run, and not this one.
void judge_missing_line(const Pattern& pattern, Findings& findings) {
  const StepReport& subject = *pattern.subject;
  if (line_of_application(subject) != nullptr || !is_always_logged(status_of(&subject))) return;
  for (const WitnessReport& log : pattern.witnesses) {
    if (log.owner != LogOwner::backend || !log.problem.empty() || has_any_line(subject, log.source)) continue;
    const Presence presence = presence_in(log, pattern);
    const double others = presence.marked + 0.5 * presence.counted;
    if (others == 0 || !presence.is_the_only_log) continue;
    double weight = others < 1 ? 1.0 : others < 2 ? 2.0 : others < 3 ? 3.0 : 4.0;
    // uvicorn writes its WebSocket lines with another logger, which may be silent.
    if (log.format == "uvicorn" && presence.upgrades == 0) weight = std::min(weight, 2.0);
    findings.push_back(finding(-weight, fmt::format("the application's own log ({}) has {} other requests of this run "
                                                    "and not this one",
                                                    log.source, presence.marked + presence.counted)));
  }
}

/// Logs that contradict each other are worth the difference.
void weigh_contradictions(Findings& findings) {
  double most = 0;
  double least = 0;
  for (const Finding& one : findings) {
    most = std::max(most, one.weight);
    least = std::min(least, one.weight);
  }
  if (most == 0 || least == 0) return;
  for (Finding& one : findings) {
    if (one.weight > 0) one.weight = std::max(0.0, one.weight + least);
    if (one.weight < 0) one.weight = std::min(0.0, one.weight + most);
  }
}

// ---- causes ----

/// The path as the application saw it, where that is another than the one that was sent.
std::string other_path(const StepReport& exchange) {
  const LogRecord* record = line_of_application(exchange);
  if (record == nullptr) return {};
  std::string seen = path_of(record->target);
  return seen == exchange.evidence.request.path || seen.find("[redacted") != std::string::npos ? std::string() : seen;
}

bool is_page_of_frontend(const std::string& path) { return path == "/" || path.starts_with("/index."); }

/// Proxies that take a prefix away, or put one before, may be meant to: the health document tells, which goes the same
/// way where it is written down next to it.
bool is_meant_to_be_rewritten(const Pattern& pattern) {
  const StepReport* health = pattern.health;
  return health != nullptr && health_is_green(health) && !other_path(*health).empty();
}

std::optional<Conclusion> rewritten(const Case& c) {
  if (c.pattern.judges_valid() ? false : accepted(c.pattern.valid)) return std::nullopt;
  const std::string seen = other_path(c.subject());
  if (seen.empty() || c.status() < 400) return std::nullopt;
  const std::string& asked = c.subject().evidence.request.path;
  const LogRecord& record = *line_of_application(c.subject());
  const bool certain = is_page_of_frontend(seen) || accepted(c.pattern.experiment(ExperimentKind::direct_valid)) ||
                       health_is_not_found(c.pattern);
  const std::string fact = fmt::format("the application's own log ({}) has {} where the client asked for {}, found {}",
                                       record.source, seen, asked, found_by(record));
  if (!certain && is_meant_to_be_rewritten(c.pattern)) return std::nullopt;
  const bool health_is_left_alone =
      health_is_green(c.pattern.health) && line_of_application(*c.pattern.health) != nullptr;
  if (!certain && !health_is_left_alone) {
    Conclusion conclusion =
        undecided(fmt::format("the application was asked for {} where the client asked for {}", seen, asked),
                  {CauseId::proxy_rewrote_path, CauseId::auth_rejected, CauseId::route_missing},
                  "whether the application is meant to see that path: its list of routes, or the upgrade past the "
                  "proxy (direct)");
    conclusion.reasons.push_back({fact, "proxy_rewrote_path", 1.5});
    return conclusion;
  }
  Conclusion conclusion = decided(
      CauseId::proxy_rewrote_path, Fault::proxy, record.marked ? (certain ? 0.98 : 0.9) : (certain ? 0.93 : 0.8),
      fmt::format("the application was asked for {} where the client asked for {}", seen, asked));
  support(conclusion, fact, record.marked ? marked_line : counted_line);
  return conclusion;
}

std::optional<Conclusion> lost_upgrade(const Case& c) {
  const LogRecord* record = line_of_application(c.subject());
  if (record == nullptr || !was_taken_for_plain(c.subject(), *record) || record->status != c.status())
    return std::nullopt;
  if (!record->flags.empty()) {
    Conclusion conclusion =
        decided(CauseId::backend_error, Fault::backend, 0.9,
                "the application's server has no WebSocket library and takes upgrades for plain GETs");
    support(conclusion, fmt::format("{} says that upgrades are not supported", record->source), marked_line);
    return conclusion;
  }
  Conclusion conclusion = decided(CauseId::upgrade_stripped, Fault::proxy, record->marked ? 0.95 : 0.85,
                                  "the request came to the application without its Upgrade headers");
  support(conclusion,
          fmt::format("the application's own log ({}) has a plain GET where an upgrade was sent, found {}",
                      record->source, found_by(*record)),
          record->marked ? marked_line : counted_line);
  return conclusion;
}

/// The application refused, and the proxy put another answer in the place of that.
std::optional<Conclusion> replaced(const Case& c) {
  const LogRecord* record = line_of_application(c.subject());
  if (record == nullptr || !record->marked || record->status == c.status() || record->status < 400) return std::nullopt;
  const std::string why =
      fmt::format("the application answered with {}, and the proxy gave {} in its place", record->status, c.status());
  const bool unauthorised = record->status == 401 || record->status == 403;
  if (unauthorised && c.pattern.subject == c.pattern.invalid && accepted(c.pattern.valid)) {
    Conclusion conclusion = decided(CauseId::auth_rejected, Fault::none, 0.95, why);
    support(conclusion, "the valid credential is accepted, and the application's own log has the refusal of this one",
            4.0);
    return conclusion;
  }
  Conclusion conclusion =
      undecided(why,
                unauthorised ? std::vector{CauseId::auth_rejected, CauseId::origin_rejected, CauseId::route_missing}
                             : std::vector{CauseId::backend_error, CauseId::route_missing},
                "the application's own answer: let the proxy pass it on");
  return conclusion;
}

std::optional<Conclusion> failed_between(const Case& c) {
  for (const LogRecord& record : c.subject().logged) {
    if (record.status != c.status() || c.status() < 500) continue;
    const std::string_view flags = record.flags;
    const bool haproxy = record.format == "haproxy";
    const bool caddy = record.format == "caddy";
    const auto says = [&](std::string_view words) { return caddy && contains_ignoring_case(flags, words); };
    std::optional<CauseId> cause;
    if ((haproxy && flags.starts_with("SC")) || says("connection refused") || says("no such host")) {
      cause = CauseId::upstream_unreachable;
    } else if (haproxy && flags.starts_with("sH")) {
      cause = CauseId::upstream_timeout;
    }
    if (!cause) continue;
    Conclusion conclusion =
        *cause == CauseId::upstream_timeout
            ? decided(*cause, Fault::backend, 0.95, "the proxy had no answer from the application in time")
            : decided(*cause, fault_of_upstream(c.pattern), 0.95, "the proxy cannot reach the application");
    support(conclusion, fmt::format("{} says of this request: {}", record.source, flags), marked_line);
    return conclusion;
  }
  return std::nullopt;
}

/// What each log says, before it is seen that they contradict each other.
Findings statements(const Pattern& pattern) {
  Findings findings;
  if (const LogRecord* record = line_of_application(*pattern.subject)) {
    judge_application_line(pattern, *record, findings);
  }
  for (const LogRecord& record : pattern.subject->logged) {
    if (!is_backend(record)) judge_proxy_line(pattern, record, findings);
  }
  judge_missing_line(pattern, findings);
  return findings;
}

}  // namespace

Findings witnesses(const Pattern& pattern) {
  Findings findings = statements(pattern);
  weigh_contradictions(findings);
  return findings;
}

bool is_logged_refusal(const Pattern& pattern) {
  const LogRecord* record = line_of_application(*pattern.subject);
  if (record == nullptr || !record->marked || record->status < 400 || record->status != status_of(pattern.subject))
    return false;
  const Findings findings = statements(pattern);
  return std::none_of(findings.begin(), findings.end(), [](const Finding& one) { return one.weight < 0; });
}

bool is_shown_not_to_arrive(const Pattern& pattern) {
  const Findings findings = witnesses(pattern);
  return std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return one.weight <= -3.0; });
}

std::optional<Conclusion> shown_by_a_witness(const Case& c) {
  if (auto conclusion = rewritten(c)) return conclusion;
  if (auto conclusion = lost_upgrade(c)) return conclusion;
  if (auto conclusion = replaced(c)) return conclusion;
  return failed_between(c);
}

}  // namespace wsprobe::attribution
