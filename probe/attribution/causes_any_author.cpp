// Answers whose status or body says what happened, whoever wrote them, and upgrades that arrived as something else.
#include "attribution/causes.hpp"
#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace wsprobe::attribution {
namespace {

bool has_words(const Response& response, std::string_view words) {
  return contains_ignoring_case(response.body, words) || contains_ignoring_case(response.head.reason_phrase, words);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// "https", "host", "/path" of a Location; empty parts where it is relative.
struct Place {
  std::string scheme;
  std::string host;
  std::string path;
};

Place place_of(std::string_view url) {
  Place place;
  if (const auto colon = url.find("://"); colon != std::string_view::npos) {
    place.scheme = lower_case(url.substr(0, colon));
    url.remove_prefix(colon + 3);
    const auto end = url.find_first_of("/?#");
    place.host = lower_case(url.substr(0, end));
    if (const auto port = place.host.rfind(':'); port != std::string::npos && place.host.back() != ']') {
      place.host.resize(port);
    }
    url = end == std::string_view::npos ? std::string_view() : url.substr(end);
  }
  place.path = std::string(url.substr(0, url.find_first_of("?#")));
  return place;
}

bool looks_like_login(const std::string& path) {
  static constexpr std::array<std::string_view, 6> words{"login", "signin", "sign-in", "auth", "sso", "oauth"};
  const std::string text = lower_case(path);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

bool subject_is_refused_credential_only(const Pattern& pattern) {
  return pattern.subject == pattern.invalid && accepted(pattern.valid);
}

/// Words of WebSocket libraries for a request that came without (or with broken) handshake fields.
bool says_the_handshake_is_missing(const Response& response) {
  static constexpr std::array<std::string_view, 14> words{
      "no websocket upgrade hdr",
      "can \"upgrade\" only to \"websocket\"",
      "'upgrade' token not found in 'connection' header",
      "'websocket' token not found in 'upgrade' header",
      "missing connection header",
      "missing upgrade header",
      "invalid connection header",
      "invalid upgrade header",
      "missing or invalid upgrade header",
      "upgrade required",
      "connection must be upgrade",
      "expected websocket upgrade",
      "you cannot access a websocket server directly with a browser",
      "unsupported upgrade request"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view text) { return has_words(response, text); });
}

bool is_starlette_not_found(const Response& response) {
  return response.head.status == 404 && response.body == "{\"detail\":\"Not Found\"}";
}

/// How sure it is that this upgrade was answered as a plain GET; 0 where it is not.
double stripped(const StepReport* upgrade, const StepReport* plain, Emitter author) {
  const Response* response = response_of(upgrade);
  if (response == nullptr || !refused_by_response(upgrade)) return 0;
  const bool as_plain = same_answer(upgrade, plain);
  const bool handshake_status = response->head.status == 400 || response->head.status == 426;
  if (handshake_status && says_the_handshake_is_missing(*response)) return as_plain ? 0.95 : 0.85;
  if (as_plain && response->head.status == 426) return 0.95;
  if (as_plain && response->head.status == 400 && author == Emitter::backend) return 0.85;
  if (as_plain && is_starlette_not_found(*response)) return 0.8;
  if (as_plain && response->head.status < 300 && is_json(*response)) return 0.8;
  return 0;
}

bool unreachable_words(const Response& response) {
  static constexpr std::array<std::string_view, 8> words{"no server is available to handle this request",
                                                         "no healthy upstream",
                                                         "no available server",
                                                         "backend fetch failed",
                                                         "upstream connect error",
                                                         "failure to get a peer",
                                                         "the proxy server could not handle",
                                                         "connection refused"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view text) { return has_words(response, text); });
}

Conclusion unreachable(const Pattern& pattern, double confidence) {
  Conclusion conclusion = decided(CauseId::upstream_unreachable, fault_of_upstream(pattern), confidence,
                                  "it cannot reach the application behind it");
  if (conclusion.fault == Fault::undetermined) {
    conclusion.settle = "whether the application listens where the proxy looks for it: the direct address tells";
  }
  return conclusion;
}

/// The upstream was reached and gave no whole answer: it ended the connection, or took too long.
bool says_that_the_answer_was_broken(const Response& response) {
  return has_words(response, "error reading from remote server") ||
         has_words(response, "returned an invalid or incomplete response");
}

std::optional<Conclusion> bad_gateway(const Case& c) {
  const Pattern& pattern = c.pattern;
  if (subject_is_refused_credential_only(pattern)) {
    return undecided(
        "the application behind it gave no answer that could be passed on, for this credential only: it may have ended "
        "the connection, or refused in a way that the proxy does not understand",
        {CauseId::connection_aborted, CauseId::auth_rejected}, "the application's own log for this request");
  }
  if (pattern.subject == pattern.invalid && pattern.valid == nullptr) {
    return undecided("no other credential was tried, so this may be the application's way to refuse this one",
                     {CauseId::upstream_unreachable, CauseId::connection_aborted},
                     "the same upgrade with a valid credential");
  }
  if (says_that_the_answer_was_broken(c.response())) {
    return undecided("the application behind it was reached and gave no whole answer",
                     {CauseId::upstream_timeout, CauseId::connection_aborted},
                     "the proxy's error log: it says whether the connection was ended or the time was up");
  }
  const StepReport* plain = pattern.plain_twin();
  if (plain != nullptr && response_of(plain) != nullptr && status_of(plain) < 500) {
    return undecided("the application behind it answers a plain GET but not the upgrade",
                     {CauseId::connection_aborted, CauseId::upstream_unreachable, CauseId::backend_error},
                     "the proxy's error log: it says whether the connection was refused, reset or ended early");
  }
  const bool seen_twice = status_of(plain) == 502 || status_of(pattern.health) == 502;
  if (seen_twice || plain == nullptr) return unreachable(pattern, seen_twice ? 0.85 : 0.7);
  return unreachable(pattern, 0.7);
}

std::optional<Conclusion> unavailable(const Case& c) {
  const Response& response = c.response();
  if (has_words(response, "rate limit") || has_words(response, "too many")) {
    return decided(CauseId::rate_limited, Fault::client, 0.7, "it limits the rate of requests");
  }
  if (unreachable_words(response)) return unreachable(c.pattern, 0.85);
  if (c.author.emitter == Emitter::backend) return std::nullopt;
  const bool says_so_of_upstreams =
      c.author.emitter == Emitter::proxy && has_words(response, "temporarily unable to service your");
  if (!says_so_of_upstreams) {
    return undecided("503 is said of an upstream that is down, of a rate limit and of a site under maintenance",
                     {CauseId::upstream_unreachable, CauseId::rate_limited, CauseId::proxy_denied},
                     "the proxy's log for this request");
  }
  if (health_is_green(c.pattern.health)) {
    return undecided("its page says that the service is down, while the health document comes from there",
                     {CauseId::upstream_unreachable, CauseId::proxy_denied}, "the proxy's error log for this request");
  }
  return unreachable(c.pattern, 0.75);
}

/// Cloudflare's own statuses for what is wrong behind it (Cloudflare support, Cloudflare 5xx errors). They have no
/// meaning in answers of others.
std::optional<Conclusion> network_error(const Case& c) {
  if (c.author.emitter != Emitter::cdn) return std::nullopt;
  switch (c.status()) {
    case 521:
    case 522:
    case 523:
    case 525:
    case 526: return unreachable(c.pattern, 0.85);
    case 524:
      return decided(CauseId::upstream_timeout, Fault::backend, 0.85, "the server behind it did not answer in time");
    case 520:
    case 527:
    case 530:
      return undecided("something behind it did not answer as it should, or its name does not resolve",
                       {CauseId::connection_aborted, CauseId::upstream_unreachable},
                       "the log of the first server behind the network (did this request arrive?)");
    default: return std::nullopt;
  }
}

}  // namespace

Fault fault_of_upstream(const Pattern& pattern) {
  const StepReport* health = pattern.experiment(ExperimentKind::direct_health);
  const StepReport* upgrade = pattern.experiment(ExperimentKind::direct_valid);
  if (health_is_green(health) || accepted(upgrade)) return Fault::proxy;
  for (const StepReport* direct : {health, upgrade}) {
    const Error* error = failure_of(direct);
    if (error != nullptr && error->reason == Reason::tcp_refused) return Fault::backend;
  }
  return Fault::undetermined;
}

std::optional<Conclusion> rate_limited(const Case& c) {
  if (c.status() != 429) return std::nullopt;
  return decided(CauseId::rate_limited, Fault::client, 0.95, "there were too many requests from here");
}

std::optional<Conclusion> redirected(const Case& c) {
  const std::string* location = c.response().head.find("location");
  if (!is_redirect(c.status()) || location == nullptr) return std::nullopt;
  const Place from = place_of(c.subject().evidence.request.url);
  const Place to = place_of(*location);
  Conclusion conclusion = decided(
      CauseId::redirected, Fault::undetermined, 0.95,
      fmt::format("the client is sent to {}", to.host.empty() ? to.path : to.scheme + "://" + to.host + to.path));
  const bool same_host = to.host.empty() || to.host == from.host;
  if (to.scheme == "https" && same_host && (from.scheme == "ws" || from.scheme == "http")) {
    conclusion.fault = Fault::client;
    conclusion.why = "the service wants TLS, so the URL has to begin with wss://";
  } else if (to.scheme == "https" && same_host && to.path == from.path &&
             (from.scheme == "wss" || from.scheme == "https")) {
    conclusion.fault = Fault::proxy;
    conclusion.confidence = 0.8;
    conclusion.why =
        "the client already speaks TLS and is sent to the same place over TLS: something in between ends TLS and does "
        "not say so";
  } else if (looks_like_login(to.path)) {
    conclusion.why = "the client is sent to a login page, which a WebSocket cannot follow";
  }
  return conclusion;
}

std::optional<Conclusion> plain_http_on_tls(const Case& c) {
  static constexpr std::array<std::string_view, 3> words{"plain HTTP request was sent to HTTPS port",
                                                         "Client sent an HTTP request to an HTTPS server",
                                                         "speaking plain HTTP to an SSL-enabled server port"};
  const bool said =
      std::any_of(words.begin(), words.end(), [&](std::string_view text) { return has_words(c.response(), text); });
  if (c.status() != 400 || !said) return std::nullopt;
  const std::string scheme = place_of(c.subject().evidence.request.url).scheme;
  const bool over_tls = scheme == "wss" || scheme == "https";
  return decided(CauseId::proxy_denied, over_tls ? Fault::proxy : Fault::client, 0.95,
                 over_tls ? "a hop behind the edge speaks plain HTTP to a TLS port"
                          : "the port speaks TLS and was spoken to without: the URL has to begin with wss://");
}

std::optional<Conclusion> spa_fallback(const Case& c) {
  if (c.status() < 200 || c.status() >= 300 || !is_html(c.response())) return std::nullopt;
  Conclusion conclusion =
      decided(CauseId::spa_fallback, Fault::proxy, 0.9, "a page for browsers comes where the API should answer");
  if (c.author.emitter == Emitter::backend) conclusion.fault = Fault::undetermined;
  if (c.author.emitter == Emitter::cdn) conclusion.fault = Fault::cdn;
  if (same_answer(&c.subject(), c.pattern.experiment(ExperimentKind::control_path)) ||
      same_answer(&c.subject(), c.pattern.experiment(ExperimentKind::plain_root))) {
    conclusion.reasons.push_back({"the same page comes for other paths", "spa_fallback", 2.0});
  }
  return conclusion;
}

std::optional<Conclusion> gateway(const Case& c) {
  if (c.author.emitter == Emitter::backend) return std::nullopt;
  switch (c.status()) {
    case 500:
      if (has_words(c.response(), "dns lookup failure")) return unreachable(c.pattern, 0.9);
      return std::nullopt;
    case 502: return bad_gateway(c);
    case 503: return unavailable(c);
    case 504:
      return decided(CauseId::upstream_timeout, Fault::backend, 0.85,
                     "the application behind it did not answer in time");
    default: return network_error(c);
  }
}

std::optional<Conclusion> upgrade_stripped(const Case& c) {
  if (c.subject().kind != StepKind::upgrade || c.author.emitter == Emitter::proxy) return std::nullopt;
  const Pattern& pattern = c.pattern;
  const StepReport* plain = pattern.experiment(ExperimentKind::plain_get);
  double confidence = stripped(&c.subject(), pattern.plain_twin(), c.author.emitter);
  if (pattern.subject == pattern.invalid) {
    const bool like_its_plain_self =
        same_answer(pattern.invalid, pattern.experiment(ExperimentKind::plain_get_invalid));
    const double of_valid = stripped(pattern.valid, plain, c.author.emitter);
    if (of_valid > 0 && like_its_plain_self) confidence = of_valid;
    if (accepted(pattern.valid)) return std::nullopt;
  }
  if (confidence == 0) return std::nullopt;
  Conclusion conclusion = decided(CauseId::upgrade_stripped, Fault::proxy, confidence,
                                  "the Upgrade headers were lost on the way, so the application saw a plain GET");
  if (same_answer(&c.subject(), pattern.plain_twin())) {
    conclusion.reasons.push_back({"a plain GET of the same URL gets exactly the same answer", "upgrade_stripped", 2.5});
  }
  if (accepted(pattern.experiment(ExperimentKind::direct_valid))) {
    conclusion.confidence = std::max(conclusion.confidence, 0.95);
    conclusion.reasons.push_back({"asked past the proxy, the same upgrade is accepted", "upgrade_stripped", 3.0});
  } else if (is_starlette_not_found(c.response()) || has_words(c.response(), "unsupported upgrade request")) {
    conclusion.confidence = std::min(conclusion.confidence, 0.78);
    conclusion.reasons.push_back(
        {"against it: uvicorn without a WebSocket library answers in the same way", "backend_error", 0.5});
  }
  if (says_the_handshake_is_missing(c.response())) {
    conclusion.reasons.push_back(
        {"the answer itself says that the handshake fields are missing", "upgrade_stripped", 3.0});
  }
  return conclusion;
}

}  // namespace wsprobe::attribution
