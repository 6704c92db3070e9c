// Refusals that the application wrote. It is the proxy's fault all the same where the proxy changed the question.
//
// The difficulty: uvicorn answers an unknown WebSocket path exactly as a refused token, a refused Origin and a
// rewritten path, a 403 with the same bytes. Only the pattern tells: the valid against the invalid credential, against
// a path that nobody defined, against the health document.
#include "attribution/causes.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace wsprobe::attribution {
namespace {

using Kind = ExperimentKind;

bool by_application(const Case& c) { return c.author.emitter == Emitter::backend; }

bool has_words(const Response& response, std::string_view words) {
  return contains_ignoring_case(response.body, words) || contains_ignoring_case(response.head.reason_phrase, words);
}

const StepReport* control_of(const Case& c) { return c.pattern.experiment(Kind::control_path); }

/// Path in an answer that quotes the path it was asked for ("Cannot GET /index.html"), or empty.
std::string quoted_path(const Response& response) {
  static constexpr std::array<std::string_view, 6> marks{"Cannot GET /",  "Route GET:/",      "\"path\":\"/",
                                                         "\"path\": \"/", "\"instance\":\"/", "<th>URI:</th><td>/"};
  for (const std::string_view mark : marks) {
    const std::size_t at = response.body.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t start = at + mark.size() - 1;
    const std::size_t end = response.body.find_first_of(" \"<\r\n?", start);
    return response.body.substr(start, end == std::string::npos ? end : end - start);
  }
  return {};
}

/// An application that was asked for another path than we asked for says so: the one direct proof of a rewrite.
struct Quote {
  std::string asked;
  std::string seen;
};
std::optional<Quote> foreign_quote(const Case& c) {
  for (const StepReport* step : {&c.subject(), c.pattern.experiment(Kind::plain_get),
                                 c.pattern.experiment(Kind::plain_control_path), control_of(c), c.pattern.health}) {
    const Response* response = response_of(step);
    if (response == nullptr || response->head.status < 400) continue;
    const std::string seen = quoted_path(*response);
    const std::string& asked = step->evidence.request.path;
    if (!seen.empty() && !asked.empty() && seen != asked && seen.find("[redacted") == std::string::npos)
      return Quote{asked, seen};
  }
  return std::nullopt;
}

bool alike_or_not_asked(const StepReport& subject, const StepReport* other) {
  return other == nullptr || same_answer(&subject, other);
}

/// The root answers otherwise than a path that nobody defined: paths still matter behind the proxy.
bool paths_still_matter(const Pattern& pattern) {
  const StepReport* unknown = pattern.experiment(Kind::plain_control_path);
  for (const Kind kind : {Kind::plain_root, Kind::plain_index}) {
    const StepReport* known = pattern.experiment(kind);
    if (response_of(known) == nullptr || response_of(unknown) == nullptr) continue;
    if (status_of(known) != status_of(unknown) && status_of(known) < 400) return true;
  }
  return false;
}

/// The application treats this path otherwise than a path that nobody defined, so it has a route for it.
bool application_knows_the_path(const Case& c) {
  const StepReport* control = control_of(c);
  return refused_by_response(control) && status_of(control) == 404 && status_of(control) != c.status();
}

/// Applications that bound the request line (uvicorn's default at 8 KiB) refuse a long path and a long query. Where the
/// query is too long for them and the path is not, they never saw the path that was sent.
enum class LongPath : std::uint8_t { not_known, arrives, is_replaced };
LongPath long_path(const Case& c) {
  const StepReport* path = c.pattern.experiment(Kind::long_path);
  const StepReport* query = c.pattern.experiment(Kind::long_query);
  const StepReport* control = control_of(c);
  if (!refused_by_response(path) || !refused_by_response(query) || !refused_by_response(control))
    return LongPath::not_known;
  const bool query_is_too_long = status_of(query) != status_of(control) &&
                                 (status_of(query) == 400 || status_of(query) == 414 || status_of(query) == 431);
  if (!query_is_too_long) return LongPath::not_known;
  if (same_answer(path, control)) return LongPath::is_replaced;
  // The same complaint from the application, not from a proxy with a limit of its own.
  const bool by_application = signature_weight(*path, c.pattern) >= emitter_threshold;
  return same_answer(path, query) && by_application ? LongPath::arrives : LongPath::not_known;
}

std::optional<Conclusion> rewritten_with_proof(const Case& c) {
  const StepReport* doubled = c.pattern.experiment(Kind::doubled_path);
  const StepReport* prefix = c.pattern.experiment(Kind::doubled_prefix);
  if (const auto quote = foreign_quote(c)) {
    Conclusion conclusion = decided(
        CauseId::proxy_rewrote_path, Fault::proxy, 0.97,
        fmt::format("the application was asked for {} where the client asked for {}", quote->seen, quote->asked));
    support(conclusion,
            fmt::format("the answer to {} names {} as the path it was asked for", quote->asked, quote->seen), 4.0);
    return conclusion;
  }
  if (accepted(doubled)) {
    Conclusion conclusion = decided(CauseId::proxy_rewrote_path, Fault::proxy, 0.97,
                                    "the proxy removes the path before it forwards the request");
    support(conclusion,
            fmt::format("{} is accepted, with the path twice: one of the two is removed on the way",
                        doubled->evidence.request.path),
            4.0);
    return conclusion;
  }
  if (!health_is_green(c.pattern.health) && is_health_document(prefix) && status_of(prefix) == 200) {
    Conclusion conclusion = decided(CauseId::proxy_rewrote_path, Fault::proxy, 0.95,
                                    "the proxy removes the first segment of the path before it forwards the request");
    support(conclusion,
            fmt::format("the health document comes at {}, with the segment twice: one of the two is removed on the way",
                        prefix->evidence.request.path),
            4.0);
    return conclusion;
  }
  if (same_answer(&c.subject(), control_of(c)) && long_path(c) == LongPath::is_replaced) {
    Conclusion conclusion = decided(CauseId::proxy_rewrote_path, Fault::proxy, 0.97,
                                    "the proxy puts another path in the place of the one that the client asked for");
    support(conclusion,
            "the application complains of a query of 9,000 bytes and not of a path of 9,000 bytes: the path does not "
            "reach it",
            4.0);
    if (health_is_not_found(c.pattern)) {
      support(conclusion, "the health document itself is the application's own 404", 2.5);
    }
    return conclusion;
  }
  return std::nullopt;
}

/// Past the proxy the same upgrade is accepted, through it the application does not know the path.
std::optional<Conclusion> rewritten_by_contrast(const Case& c) {
  if (!c.pattern.judges_valid() || !accepted(c.pattern.experiment(Kind::direct_valid))) return std::nullopt;
  // The answer of a plain GET would be that of an upgrade whose headers were lost.
  if (same_answer(&c.subject(), c.pattern.experiment(Kind::plain_get))) return std::nullopt;
  const bool not_found = c.status() == 404;
  const bool as_unknown = same_answer(&c.subject(), control_of(c)) && refused(c.pattern.experiment(Kind::same_origin));
  if (!not_found && !as_unknown) return std::nullopt;
  Conclusion conclusion =
      decided(CauseId::proxy_rewrote_path, Fault::proxy, 0.85,
              "the application accepts this upgrade past the proxy and does not know it through the proxy");
  support(conclusion, "asked past the proxy, the same upgrade is accepted", 3.0);
  return conclusion;
}

std::optional<Conclusion> rewritten_with_health(const Case& c) {
  if (!health_is_not_found(c.pattern) || c.status() == 401) return std::nullopt;
  const StepReport* partner = c.pattern.judges_valid() ? c.pattern.invalid : c.pattern.valid;
  if (c.pattern.judges_valid() ? !alike_or_not_asked(c.subject(), partner) : !same_answer(&c.subject(), partner))
    return std::nullopt;
  if (application_knows_the_path(c)) return std::nullopt;
  const bool works_directly =
      accepted(c.pattern.experiment(Kind::direct_valid)) || health_is_green(c.pattern.experiment(Kind::direct_health));
  if (paths_still_matter(c.pattern) || long_path(c) == LongPath::arrives) {
    return undecided("the application knows neither the health path nor the WebSocket path, yet paths do reach it",
                     {CauseId::proxy_rewrote_path, CauseId::route_missing},
                     settled_by(c.pattern, "the paths in the application's own log"));
  }
  if (!works_directly) {
    // Another application behind this host name (the proxy leads to the wrong one) looks exactly so.
    return undecided(
        "the application knows neither the health path nor the WebSocket path: the proxy changes the path, "
        "or leads to another application",
        {CauseId::proxy_rewrote_path, CauseId::route_missing},
        settled_by(c.pattern, "the paths in the application's own log"));
  }
  Conclusion conclusion =
      decided(CauseId::proxy_rewrote_path, Fault::proxy, 0.97,
              "the proxy changes the path, so that what arrives at the application is a path that it does not know");
  support(conclusion,
          fmt::format("the health document itself is the application's own {}", status_of(c.pattern.health)), 2.5);
  if (same_answer(&c.subject(), control_of(c)))
    support(conclusion, "a path that nobody defined gets the same answer", 1.0);
  support(conclusion, "asked past the proxy, the application knows the path", 4.0);
  return conclusion;
}

}  // namespace

bool health_is_not_found(const Pattern& pattern) {
  const StepReport* health = pattern.health;
  if (status_of(health) != 404) return false;
  if (health == pattern.subject) return true;
  return signature_weight(*health, pattern) >= emitter_threshold;
}

std::optional<Conclusion> application_error(const Case& c) {
  if (!by_application(c) || c.status() < 500) return std::nullopt;
  return decided(CauseId::backend_error, Fault::backend, 0.9, "the application failed while it handled the request");
}

std::optional<Conclusion> application_unhealthy(const Case& c) {
  const StepReport* health = c.pattern.health;
  if (!is_health_document(health) || !health->health) return std::nullopt;
  const bool subject_is_health = c.pattern.subject == health;
  const bool unavailable = health->health->ws_available == false;
  const bool unwell = health->health->status && lower_case(*health->health->status) != "ok" && !health->as_expected &&
                      health->kind == StepKind::health;
  if (subject_is_health && (unavailable || unwell)) {
    Conclusion conclusion = decided(CauseId::backend_unhealthy, Fault::backend, 0.97,
                                    unavailable ? "the application says itself that its WebSocket side is not available"
                                                : "the application says itself that it is not well");
    support(
        conclusion,
        unavailable ? "the health document has /ws/available false" : "the health document has another /status than ok",
        3.0);
    return conclusion;
  }
  if (!unavailable || c.author.emitter != Emitter::backend || accepted(c.pattern.valid)) return std::nullopt;
  Conclusion conclusion =
      decided(CauseId::backend_unhealthy, Fault::backend, 0.85,
              "the application says in its health document that its WebSocket side is not available");
  support(conclusion, "the health document has /ws/available false", 3.0);
  return conclusion;
}

std::optional<Conclusion> origin_rejected(const Case& c) {
  if (!by_application(c) || !c.pattern.judges_valid()) return std::nullopt;
  const StepReport* same = c.pattern.experiment(Kind::same_origin);
  const auto& fields = c.subject().evidence.request.fields;
  const bool sent_origin = std::any_of(fields.begin(), fields.end(), [](const HeaderField& field) {
    return equals_ignoring_case(field.name, "origin");
  });
  if (accepted(same)) {
    Conclusion conclusion =
        decided(CauseId::origin_rejected, sent_origin ? Fault::undetermined : Fault::client, 0.95,
                sent_origin ? "the application accepts its own Origin and refuses the one that was sent"
                            : "the application wants an Origin and none was sent");
    support(conclusion, "the same upgrade with the service's own Origin is accepted", 4.0);
    return conclusion;
  }
  const StepReport* valid = c.pattern.valid;
  if (refused_by_response(valid) && c.status() == 403 && has_words(c.response(), "origin")) {
    Conclusion conclusion = decided(CauseId::origin_rejected, Fault::undetermined, 0.8,
                                    "the application refuses the Origin of the request");
    support(conclusion, "the answer speaks of the Origin", 2.5);
    return conclusion;
  }
  return std::nullopt;
}

std::optional<Conclusion> path_rewritten(const Case& c) {
  if (!by_application(c) || c.subject().kind != StepKind::upgrade) return std::nullopt;
  if (c.pattern.subject == c.pattern.invalid && accepted(c.pattern.valid)) return std::nullopt;
  if (closed_after_accept(&c.subject())) return std::nullopt;
  if (auto conclusion = rewritten_with_proof(c)) return conclusion;
  if (auto conclusion = rewritten_by_contrast(c)) return conclusion;
  return rewritten_with_health(c);
}

namespace {

std::optional<Conclusion> invalid_rejected(const Case& c) {
  const StepReport* valid = c.pattern.valid;
  if (accepted(valid)) {
    Conclusion conclusion = decided(CauseId::auth_rejected, Fault::none, 0.97,
                                    "the application checks the credential and refuses this one, as it should");
    support(conclusion, "the same upgrade with the valid credential is accepted", 3.0);
    return conclusion;
  }
  // Another status, not merely another field or page: those differ for other reasons too.
  const bool told_apart = response_of(valid) != nullptr && status_of(valid) != c.status() && status_of(valid) < 500;
  if (told_apart && (c.status() == 401 || c.status() == 403)) {
    Conclusion conclusion =
        decided(CauseId::auth_rejected, Fault::undetermined, 0.75, "the application refuses this credential");
    support(conclusion, "the valid credential gets another answer, so credentials are looked at", 1.5);
    return conclusion;
  }
  if (valid == nullptr && c.status() == 401 && application_knows_the_path(c)) {
    Conclusion conclusion =
        decided(CauseId::auth_rejected, Fault::none, 0.8, "the application knows the path and refuses this credential");
    support(conclusion, "a path that nobody defined gets 404", 1.5);
    return conclusion;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Conclusion> credential_rejected(const Case& c) {
  if (!by_application(c) || c.subject().kind != StepKind::upgrade) return std::nullopt;
  if (closed_after_accept(&c.subject())) {
    const bool expected = c.subject().credential == CredentialUse::invalid;
    Conclusion conclusion =
        decided(CauseId::auth_rejected, expected ? Fault::none : Fault::undetermined, expected ? 0.95 : 0.8,
                "the application accepted the upgrade and closed it at once, which is how it refuses a credential that "
                "browsers can see");
    return conclusion;
  }
  if (!c.pattern.judges_valid()) return c.pattern.subject == c.pattern.invalid ? invalid_rejected(c) : std::nullopt;
  if (c.status() == 401) {
    Conclusion conclusion = decided(CauseId::auth_rejected, Fault::undetermined, 0.8,
                                    "the application refuses the credential that ought to be valid");
    support(conclusion, "401 is said of credentials only", 1.5);
    return conclusion;
  }
  // A 403 of a path that is known may be about the credential, the Origin or anything else that the handler looks at.
  return std::nullopt;
}

namespace {

/// Another status; or more than one thing of the answer is other: its phrase, its framing, its fields, its body.
bool answered_otherwise(const StepReport& left, const StepReport& right) {
  const Response& a = *response_of(&left);
  const Response& b = *response_of(&right);
  if (a.head.status != b.head.status) return true;
  const int apart = (a.head.reason_phrase != b.head.reason_phrase) + (a.framing != b.framing) +
                    (names_of(a.head) != names_of(b.head)) + (a.body != b.body);
  return apart > 1;
}

/// An upgrade whose headers were lost is answered as the plain GET is, and a route for WebSockets only is then a 404 as
/// well. aiohttp alone would not say so: it answers the plain GET of such a route with 400.
bool arrived_as_an_upgrade(const Case& c) {
  const StepReport* plain = c.pattern.experiment(Kind::plain_get);
  if (response_of(plain) == nullptr) return false;
  return answered_otherwise(c.subject(), *plain) || c.response().body == "404: Not Found";
}

}  // namespace

std::optional<Conclusion> route_missing(const Case& c) {
  if (!by_application(c) || c.subject().kind != StepKind::upgrade || c.status() != 404) return std::nullopt;
  if (accepted(c.pattern.valid) || !same_answer(&c.subject(), control_of(c))) return std::nullopt;
  const StepReport* direct = c.pattern.experiment(Kind::direct_valid);
  if (!refused_by_response(direct) || status_of(direct) != 404) {
    if (!arrived_as_an_upgrade(c)) return std::nullopt;
    return undecided(
        "what arrives at the application is a path that it has no route for: either it has none, or the proxy changed "
        "the path",
        {CauseId::route_missing, CauseId::proxy_rewrote_path},
        settled_by(c.pattern, "the path in the application's own log"));
  }
  Conclusion conclusion =
      decided(CauseId::route_missing, Fault::backend, 0.95, "the application has no WebSocket route for this path");
  support(conclusion, "a path that nobody defined gets the same answer", 1.5);
  support(conclusion, "asked past the proxy, the application does not know the path either", 3.0);
  return conclusion;
}

namespace {

/// Asked past the proxy, the application refuses in the same way: the proxy changes nothing that matters.
bool same_past_the_proxy(const Case& c) {
  const StepReport* direct = c.pattern.experiment(c.pattern.judges_valid() ? Kind::direct_valid : Kind::direct_invalid);
  return refused_by_response(direct) && status_of(direct) == c.status();
}

}  // namespace

std::optional<Conclusion> application_undecided(const Case& c) {
  if (accepted(c.pattern.experiment(Kind::direct_valid)) && c.pattern.judges_valid()) {
    Conclusion conclusion = undecided(
        "the application accepts this upgrade past the proxy and refuses it through the proxy, so the proxy changes "
        "the request",
        {CauseId::proxy_rewrote_path, CauseId::origin_rejected}, "the request as the application's own log shows it");
    conclusion.fault = Fault::proxy;
    conclusion.confidence = 0.85;
    return conclusion;
  }
  if (c.status() == 404 && same_answer(&c.subject(), c.pattern.experiment(Kind::plain_get))) {
    return undecided(
        "the application answers the upgrade as it answers a plain GET, with 404",
        {CauseId::route_missing, CauseId::upgrade_stripped, CauseId::proxy_rewrote_path},
        settled_by(c.pattern,
                   "the request in the application's own log (which path, and as a WebSocket or as a GET?)"));
  }
  const StepReport* control = control_of(c);
  if (same_answer(&c.subject(), control)) {
    std::vector<CauseId> candidates{CauseId::auth_rejected, CauseId::route_missing, CauseId::origin_rejected};
    if (!same_past_the_proxy(c)) candidates.push_back(CauseId::proxy_rewrote_path);
    return undecided(
        "the application gives this answer to the valid credential, and to a path that nobody defined as well, so it "
        "does not say why",
        std::move(candidates), settled_by(c.pattern, "the path in the application's own log"));
  }
  if (application_knows_the_path(c)) {
    return undecided("the application knows the path and refuses the request",
                     {CauseId::auth_rejected, CauseId::origin_rejected},
                     "the same upgrade with the service's own Origin, and a credential that is known to be good");
  }
  return undecided(
      "the application refuses, and does not say why",
      {CauseId::auth_rejected, CauseId::route_missing, CauseId::proxy_rewrote_path, CauseId::origin_rejected},
      "the application's own log for this request");
}

}  // namespace wsprobe::attribution
