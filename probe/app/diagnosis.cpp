#include "app/diagnosis.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/values.hpp"
#include "core/ascii.hpp"
#include "core/evidence.hpp"
#include "core/text.hpp"

namespace wsprobe::app {
namespace {

using scenario::Scenario;
using scenario::UpgradeStep;
using scenario::Url;
using tl::unexpected;

/// More than nothing: the hold then lasts until the health document has counted our socket (see ConnectionWitness).
constexpr auto hold_of_valid_step = std::chrono::milliseconds(1);

/// Values of a query are given percent-encoded and encoded again on the wire.
std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

scenario::Query parse_query(std::string_view text) {
  scenario::Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string value = equals == std::string_view::npos ? "" : form_decoded(pair.substr(equals + 1));
    query.emplace_back(form_decoded(pair.substr(0, equals)), Text(value));
  }
  return query;
}

/// The parameter of the URL's query that is, or sounds like, a token.
std::optional<std::string> token_in(const scenario::Query& query, const TokenPlace& place) {
  for (const auto& [name, value] : query) {
    const bool is_the_token = place.kind == TokenPlace::Kind::query && name == place.name;
    if (is_the_token || (sounds_secret(name) && !value.empty())) return name;
  }
  return std::nullopt;
}

Text concatenated(std::string before, const Text& token) {
  Text text(std::move(before));
  text.append(token);
  return text;
}

void put_token(UpgradeStep& step, const TokenPlace& place, const Text& token) {
  switch (place.kind) {
    case TokenPlace::Kind::query: step.query.emplace_back(place.name, token); return;
    case TokenPlace::Kind::header: {
      const bool bearer = equals_ignoring_case(place.name, "Authorization");
      step.headers.emplace_back(place.name, concatenated(bearer ? "Bearer " : "", token));
      return;
    }
    case TokenPlace::Kind::cookie: step.headers.emplace_back("Cookie", concatenated(place.name + "=", token)); return;
    case TokenPlace::Kind::subprotocol:
      if (place.name.ends_with('.')) {
        step.subprotocols.push_back(concatenated(place.name, token));
      } else {
        step.subprotocols.emplace_back(place.name);
        step.subprotocols.push_back(token);
      }
      return;
  }
}

/// The service past the proxy. Steps have their own paths, so a path that repeats the WebSocket's is taken off.
tl::expected<Url, UsageError> direct_base(const DiagnoseOptions& options, const DirectOption& option) {
  Url direct = option.url;
  const bool same_path = direct.path == options.url.path;
  if (!same_path && direct.path != "/") {
    return unexpected(UsageError{"--direct: its path has to be that of the WS_URL",
                                 fmt::format("expected the path {}, or none", options.url.path), "--direct",
                                 option.text});
  }
  direct.path = "/";
  direct.query.clear();
  return direct;
}

UsageError token_in_url(const DiagnoseOptions& options, const std::string& parameter) {
  return {"a token in the URL can be read by others on this machine",
          fmt::format("leave `{}` out of the URL and use --token-file FILE or --token-env VAR, with --token-param {}",
                      escape_for_display(parameter), escape_for_display(parameter)),
          "", options.url_text};
}

/// A header that was asked for besides and that would take the place of the token's, or null.
const HeaderOption* rival_of_token(const DiagnoseOptions& options) {
  const TokenPlace& place = options.token_place;
  for (const HeaderOption& header : options.probe.headers) {
    const bool same_field = place.kind == TokenPlace::Kind::header && equals_ignoring_case(header.name, place.name);
    const bool both_cookies = place.kind == TokenPlace::Kind::cookie && equals_ignoring_case(header.name, "Cookie");
    if (same_field || both_cookies) return &header;
  }
  return nullptr;
}

}  // namespace

tl::expected<SecretPtr, UsageError> read_token(const DiagnoseOptions& options,
                                               const scenario::Environment& environment) {
  if (!options.token_file.empty()) {
    auto secret = scenario::secret_from_file("valid", options.token_file, environment);
    if (secret) return std::move(*secret);
    return unexpected(UsageError{"--token-file: " + secret.error(), "", "--token-file", options.token_file});
  }
  if (!options.token_variable.empty()) {
    auto secret = scenario::secret_from_variable("valid", options.token_variable, environment);
    if (secret) return std::move(*secret);
    return unexpected(UsageError{"--token-env: " + secret.error(),
                                 fmt::format("read -rs {0} && export {0}", escape_for_display(options.token_variable)),
                                 "--token-env", options.token_variable});
  }
  return nullptr;
}

tl::expected<Scenario, UsageError> make_diagnosis(const DiagnoseOptions& options, const SecretPtr& token,
                                                  const scenario::Environment& environment) {
  const scenario::Query query = parse_query(options.url.query);
  if (const auto parameter = token_in(query, options.token_place)) {
    return unexpected(token_in_url(options, *parameter));
  }
  if (const HeaderOption* rival = rival_of_token(options)) {
    return unexpected(UsageError{fmt::format("--header: `{}` would take the place of the token", rival->name), "",
                                 "-H,--header", ""});
  }

  Scenario scenario;
  scenario.name = "diagnose";
  scenario.edge = options.url;
  scenario.edge.path = "/";
  scenario.edge.query.clear();
  for (const DirectOption& option : options.direct) {
    auto direct = direct_base(options, option);
    if (!direct) return unexpected(direct.error());
    if (scenario.direct) scenario.hops.push_back(std::move(*scenario.direct));
    scenario.direct = std::move(*direct);
  }
  scenario.witnesses = options.witnesses;
  scenario.resolve = options.probe.resolve;
  scenario.over_http2 = scenario::OverHttp2::as_browsers_do;
  if (options.probe.timeout) scenario.timeout = *options.probe.timeout;
  scenario.invalid = options.invalid_token ? Text(*options.invalid_token) : Text(environment.random_mark());

  scenario::HealthStep health;
  health.path = options.health_path;

  UpgradeStep upgrade;
  upgrade.path = options.url.path;
  upgrade.query = query;
  upgrade.origin = options.origin;
  // As browsers on that page send it.
  if (!upgrade.origin && options.frontend) {
    upgrade.origin = fmt::format("{}://{}", options.frontend->scheme, options.frontend->authority());
  }

  UpgradeStep first = upgrade;
  first.ping = 1;
  first.hold = hold_of_valid_step;
  if (token) {
    scenario.valid.append(token);
    scenario.secrets.push_back(token);
    first.name = "valid-token";
    first.credential = CredentialUse::valid;
    first.expect.answer = Expected::accepted;
    put_token(first, options.token_place, scenario.valid);
  } else {
    first.name = "no-token";
    first.expect.answer = Expected::anything;
  }

  UpgradeStep second = upgrade;
  second.name = "invalid-token";
  second.credential = CredentialUse::invalid;
  second.expect.answer = Expected::rejected;
  put_token(second, options.token_place, scenario.invalid);

  scenario.steps = {health, first, second};
  if (options.frontend) {
    scenario.frontend = options.frontend;
    scenario::FrontendStep page;
    if (!options.frontend_variable.empty()) page.variable = options.frontend_variable;
    scenario.steps.emplace_back(page);
  }
  for (const HeaderOption& header : options.probe.headers) add_header(scenario, header);
  return scenario;
}

void note_missing_token(Report& report) {
  report.notes.emplace_back(
      "No valid token was given (--token-file or --token-env), so whether a user is let in was not tested.");
}

}  // namespace wsprobe::app
