#include "engine/requests.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace wsprobe::engine {
namespace {

using exchange::HttpSpec;
using exchange::Target;
using exchange::UpgradeSpec;
using scenario::HealthStep;
using scenario::HttpStep;
using scenario::Scenario;
using scenario::UpgradeStep;
using scenario::Url;

/// Percent-encodes what goes into a query, secrets included, without losing which parts are secret.
Text encode_query(const scenario::Query& query) {
  Text out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out.append("&");
    out.append(percent_encode(name) + "=");
    for (const Text::Part& part : value.parts()) {
      if (part.secret) {
        out.append(std::make_shared<const Secret>(part.secret->name(), percent_encode(part.secret->reveal())));
      } else {
        out.append(percent_encode(part.literal));
      }
    }
  }
  return out;
}

/// A document that values are read from may be longer than what is kept of other answers.
constexpr std::size_t largest_value_document = 1024 * 1024;

std::string join_path(const std::string& base, const std::string& path) {
  const bool base_is_root = base.empty() || base == "/";
  if (base_is_root) return path;
  const std::string trimmed = base.back() == '/' ? base.substr(0, base.size() - 1) : base;
  return trimmed + path;
}

std::vector<wire::RequestField> fields_of(const scenario::Headers& headers) {
  std::vector<wire::RequestField> fields;
  for (const auto& [name, value] : headers) {
    if (!equals_ignoring_case(name, "Host")) fields.push_back({name, value});
  }
  return fields;
}

Target target_of(const Url& base, const std::string& path, const scenario::Query& query,
                 const scenario::Headers& headers) {
  Target target;
  target.authority = {base.secure() ? net::Security::tls : net::Security::plain, base.host, base.port};
  target.host_field = base.authority();
  for (const auto& [name, value] : headers) {
    if (equals_ignoring_case(name, "Host")) target.host_field = value.redacted();
  }
  target.path = join_path(base.path, path);
  target.query = encode_query(query);
  return target;
}

exchange::MessageExpectation expectation_of(const scenario::Message& message) {
  struct Converter {
    exchange::MessageExpectation operator()(const std::monostate&) const { return std::monostate{}; }
    exchange::MessageExpectation operator()(const scenario::MessageText& text) const {
      return exchange::ExpectText{text.text};
    }
    exchange::MessageExpectation operator()(const scenario::MessageJson& json) const {
      exchange::ExpectJson out;
      for (const auto& [pointer, value] : json.values) out.values.emplace_back(pointer, value);
      return out;
    }
    exchange::MessageExpectation operator()(const scenario::MessageRegex& regex) const {
      return exchange::ExpectRegex{regex.pattern};
    }
  };
  return std::visit(Converter{}, message.expect);
}

UpgradeSpec upgrade_to(const Url& base, const UpgradeStep& step) {
  UpgradeSpec spec;
  spec.target = target_of(base, step.path, step.query, step.headers);
  spec.fields = fields_of(step.headers);
  if (step.origin) {
    std::erase_if(spec.fields,
                  [](const wire::RequestField& field) { return equals_ignoring_case(field.name, "Origin"); });
    spec.fields.push_back({"Origin", *step.origin});
  }
  spec.subprotocols = step.subprotocols;
  spec.extensions = step.extensions;
  for (const scenario::Message& message : step.messages) {
    spec.session.messages.push_back({message.send, expectation_of(message)});
  }
  spec.session.pings = step.ping;
  spec.session.hold = step.hold;
  spec.session.close_code = step.close_code;
  return spec;
}

HttpSpec get(const Url& base, const std::string& path, const scenario::Query& query = {},
             const scenario::Headers& headers = {}) {
  HttpSpec spec;
  spec.target = target_of(base, path, query, headers);
  spec.fields = fields_of(headers);
  return spec;
}

const UpgradeStep* upgrade_with(const Scenario& scenario, CredentialUse credential) {
  for (const scenario::Step& step : scenario.steps) {
    const auto* upgrade = std::get_if<UpgradeStep>(&step);
    if (upgrade != nullptr && upgrade->credential == credential) return upgrade;
  }
  return nullptr;
}

/// The upgrade that experiments vary: the one that ought to work.
const UpgradeStep* base_upgrade(const Scenario& scenario) {
  for (const CredentialUse credential : {CredentialUse::valid, CredentialUse::none, CredentialUse::invalid}) {
    if (const UpgradeStep* step = upgrade_with(scenario, credential)) return step;
  }
  return nullptr;
}

bool carries_secret(const scenario::Message& message) { return message.send && message.send->has_secret(); }

/// The step without its session, except for the messages that carry the credential.
UpgradeStep handshake_only(UpgradeStep step) {
  std::erase_if(step.messages, [](const scenario::Message& message) { return !carries_secret(message); });
  step.ping = 0;
  step.hold = {};
  return step;
}

/// A header that was added to every request is kept from display, but belongs to what experiments must not change.
bool is_credential(const SecretPtr& secret) {
  return secret != nullptr && !secret->name().starts_with(scenario::added_header_prefix);
}

bool is_token_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/// Whether `text` has `token` in it, and not as a part of a longer one.
bool has_whole_token(std::string_view text, std::string_view token) {
  if (token.empty()) return false;
  for (std::size_t at = text.find(token); at != std::string_view::npos; at = text.find(token, at + 1)) {
    const std::size_t end = at + token.size();
    const bool begins = at == 0 || !is_token_character(text[at - 1]);
    const bool ends = end == text.size() || !is_token_character(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

/// A valid credential is always a secret. The invalid one may be a literal, which is looked for only in a step that
/// carries it: elsewhere the same word means something else.
bool is_credential(const Scenario& scenario, CredentialUse carried, const Text& text) {
  const bool has_credential = std::any_of(text.parts().begin(), text.parts().end(),
                                          [](const Text::Part& part) { return is_credential(part.secret); });
  if (has_credential || carried != CredentialUse::invalid) return has_credential;
  return has_whole_token(text.redacted(), scenario.invalid.redacted());
}

UpgradeStep without_credential(const Scenario& scenario, UpgradeStep step) {
  const CredentialUse carried = step.credential;
  const auto named = [&](const auto& pair) { return is_credential(scenario, carried, pair.second); };
  std::erase_if(step.query, named);
  std::erase_if(step.headers, named);
  std::erase_if(step.subprotocols, [&](const Text& text) { return is_credential(scenario, carried, text); });
  return step;
}

Text replace_secrets(const Text& text, const Text& replacement) {
  Text out;
  for (const Text::Part& part : text.parts()) {
    if (!is_credential(part.secret)) {
      if (part.secret) {
        out.append(part.secret);
      } else {
        out.append(part.literal);
      }
      continue;
    }
    out.append(replacement);
  }
  return out;
}

UpgradeStep with_invalid_credential(const Scenario& scenario, UpgradeStep step) {
  for (auto& [name, value] : step.query) value = replace_secrets(value, scenario.invalid);
  for (auto& [name, value] : step.headers) value = replace_secrets(value, scenario.invalid);
  for (Text& protocol : step.subprotocols) protocol = replace_secrets(protocol, scenario.invalid);
  for (scenario::Message& message : step.messages) {
    if (message.send) message.send = replace_secrets(*message.send, scenario.invalid);
  }
  return step;
}

/// A sibling: "/api/ws" becomes "/api/<nonce>", so that rules for a prefix treat both alike.
std::string sibling(const std::string& path, const std::string& nonce) {
  return path.substr(0, path.rfind('/') + 1) + nonce;
}

/// More than the 8 KiB that many applications allow a request line.
std::string padding() { return std::string(9000, 'x'); }

/// "/api" of "/api/system/health"; empty where the path has one segment only.
std::string first_segment(const std::string& path) {
  const std::size_t end = path.find('/', 1);
  return end == std::string::npos ? std::string() : path.substr(0, end);
}

HttpSpec as_plain_get(const Url& base, const UpgradeStep& step) {
  return get(base, step.path, step.query, step.headers);
}

std::string own_origin(const Url& edge) { return (edge.secure() ? "https://" : "http://") + edge.authority(); }

HealthStep health_of(const Scenario& scenario) {
  const HealthStep* step = health_step_of(scenario);
  return step != nullptr ? *step : HealthStep{};
}

/// The experiments that ask the edge about `step`.
std::optional<Experiment> vary(const Scenario& scenario, const UpgradeStep& step, ExperimentKind kind,
                               const std::string& nonce) {
  const Url& edge = scenario.edge;
  const CredentialUse carried = step.credential;
  const auto upgrade = [&](UpgradeStep changed, CredentialUse credential) {
    return Experiment{kind, credential, upgrade_to(edge, changed)};
  };
  switch (kind) {
    case ExperimentKind::no_credential: {
      // A credential that is sent as a message is no part of the handshake: there is nothing to leave out of it.
      if (carried == CredentialUse::none || !step.messages.empty()) return std::nullopt;
      return upgrade(without_credential(scenario, step), CredentialUse::none);
    }
    case ExperimentKind::control_path: {
      UpgradeStep changed = step;
      changed.path = sibling(step.path, nonce);
      return upgrade(changed, carried);
    }
    case ExperimentKind::plain_get: return Experiment{kind, carried, as_plain_get(edge, step)};
    case ExperimentKind::plain_get_invalid: {
      const UpgradeStep* given = upgrade_with(scenario, CredentialUse::invalid);
      const UpgradeStep invalid = given != nullptr ? *given : with_invalid_credential(scenario, step);
      return Experiment{kind, CredentialUse::invalid, as_plain_get(edge, invalid)};
    }
    case ExperimentKind::plain_control_path:
      return Experiment{kind, CredentialUse::none, get(edge, sibling(step.path, nonce))};
    case ExperimentKind::plain_root: return Experiment{kind, CredentialUse::none, get(edge, "/")};
    case ExperimentKind::plain_index: return Experiment{kind, CredentialUse::none, get(edge, "/index.html")};
    case ExperimentKind::websocket_version: {
      Experiment experiment = upgrade(step, carried);
      std::get<UpgradeSpec>(experiment.request).websocket_version = "99";
      return experiment;
    }
    case ExperimentKind::websocket_version_invalid: {
      if (carried == CredentialUse::none) return std::nullopt;
      const UpgradeStep* given = upgrade_with(scenario, CredentialUse::invalid);
      Experiment experiment = upgrade(
          given != nullptr ? handshake_only(*given) : with_invalid_credential(scenario, step), CredentialUse::invalid);
      std::get<UpgradeSpec>(experiment.request).websocket_version = "99";
      return experiment;
    }
    case ExperimentKind::unknown_method: {
      HttpSpec spec = as_plain_get(edge, step);
      spec.method = "WSPROBE";
      return Experiment{kind, carried, std::move(spec)};
    }
    case ExperimentKind::foreign_origin:
    case ExperimentKind::same_origin: {
      UpgradeStep changed = step;
      changed.origin = kind == ExperimentKind::same_origin ? own_origin(edge) : "https://" + nonce + ".invalid";
      return upgrade(changed, carried);
    }
    case ExperimentKind::edge_error: {
      HttpSpec spec = get(edge, "/");
      spec.fields.push_back({"Host", nonce + ".invalid"});
      return Experiment{kind, CredentialUse::none, std::move(spec)};
    }
    case ExperimentKind::invalid_again:
      if (carried == CredentialUse::none) return std::nullopt;
      return upgrade(with_invalid_credential(scenario, step), CredentialUse::invalid);
    case ExperimentKind::health_document:
      return Experiment{kind, CredentialUse::none, request_of(scenario, health_of(scenario))};
    case ExperimentKind::doubled_prefix: {
      HealthStep health = health_of(scenario);
      health.path = first_segment(health.path) + health.path;
      return Experiment{kind, CredentialUse::none, request_of(scenario, health)};
    }
    case ExperimentKind::doubled_path: {
      UpgradeStep changed = step;
      changed.path = step.path + step.path;
      return upgrade(changed, carried);
    }
    case ExperimentKind::long_path: {
      UpgradeStep changed = step;
      changed.path = sibling(step.path, nonce + padding());
      return upgrade(changed, carried);
    }
    case ExperimentKind::long_query: {
      UpgradeStep changed = step;
      changed.path = sibling(step.path, nonce);
      changed.query.emplace_back("padding", padding());
      return upgrade(changed, carried);
    }
    case ExperimentKind::direct_valid:
    case ExperimentKind::direct_invalid:
    case ExperimentKind::direct_health:
    case ExperimentKind::hop_valid:
    case ExperimentKind::other_address:
    case ExperimentKind::http2_websocket: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Experiment> ask_directly(const Scenario& scenario, const UpgradeStep& step, ExperimentKind kind) {
  if (!scenario.direct) return std::nullopt;
  const Url& direct = *scenario.direct;
  if (kind == ExperimentKind::direct_valid) return Experiment{kind, step.credential, upgrade_to(direct, step)};
  if (kind == ExperimentKind::direct_invalid) {
    const UpgradeStep* given = upgrade_with(scenario, CredentialUse::invalid);
    const UpgradeStep invalid = given != nullptr ? *given : with_invalid_credential(scenario, step);
    return Experiment{kind, CredentialUse::invalid, upgrade_to(direct, handshake_only(invalid))};
  }
  const HealthStep health = health_of(scenario);
  return Experiment{kind, CredentialUse::none, get(direct, health.path, health.query, health.headers)};
}

}  // namespace

HttpSpec request_of(const Scenario& scenario, const HealthStep& step) {
  return get(scenario.edge, step.path, step.query, step.headers);
}

HttpSpec request_of(const Scenario& scenario, const HttpStep& step) {
  HttpSpec spec = get(scenario.edge, step.path, step.query, step.headers);
  spec.method = step.method;
  spec.body = step.body;
  if (!step.values.empty()) spec.limits.body_kept = largest_value_document;
  return spec;
}

UpgradeSpec request_of(const Scenario& scenario, const UpgradeStep& step) { return upgrade_to(scenario.edge, step); }

const HealthStep* health_step_of(const Scenario& scenario) {
  for (const scenario::Step& step : scenario.steps) {
    if (const auto* health = std::get_if<HealthStep>(&step)) return health;
  }
  return nullptr;
}

std::optional<std::size_t> base_step_of(const Scenario& scenario) {
  const UpgradeStep* base = base_upgrade(scenario);
  for (std::size_t at = 0; base != nullptr && at < scenario.steps.size(); ++at) {
    if (std::get_if<UpgradeStep>(&scenario.steps[at]) == base) return at;
  }
  return std::nullopt;
}

std::vector<Experiment> at_each_hop(const Scenario& scenario) {
  std::vector<Experiment> experiments;
  const UpgradeStep* base = base_upgrade(scenario);
  for (std::size_t at = 0; base != nullptr && at < scenario.hops.size(); ++at) {
    experiments.push_back(
        {ExperimentKind::hop_valid, base->credential, upgrade_to(scenario.hops[at], handshake_only(*base)), at});
  }
  return experiments;
}

std::optional<Experiment> over_http2(const Scenario& scenario) {
  const UpgradeStep* base = base_upgrade(scenario);
  if (base == nullptr || base->credential == CredentialUse::invalid || !scenario.edge.secure()) return std::nullopt;
  UpgradeStep step = handshake_only(*base);
  // A 200 can be the answer of whoever takes it for any other request; only a WebSocket answers a ping.
  if (step.expect.answer == Expected::accepted) step.ping = 1;
  return Experiment{ExperimentKind::http2_websocket, base->credential, upgrade_to(scenario.edge, step)};
}

std::vector<Experiment> at_each_address(const Scenario& scenario, const std::vector<std::string>& addresses) {
  std::vector<Experiment> experiments;
  const UpgradeStep* base = base_upgrade(scenario);
  for (const std::string& address : addresses) {
    if (base == nullptr) break;
    UpgradeSpec spec = upgrade_to(scenario.edge, handshake_only(*base));
    const std::size_t colon = address.rfind(':');
    const bool bracketed = address.starts_with('[');
    spec.target.authority.address = bracketed ? address.substr(1, colon - 2) : address.substr(0, colon);
    experiments.push_back({ExperimentKind::other_address, base->credential, std::move(spec)});
  }
  return experiments;
}

std::optional<Experiment> make_experiment(const Scenario& scenario, ExperimentKind kind, const std::string& nonce) {
  const UpgradeStep* base = base_upgrade(scenario);
  if (base == nullptr) return std::nullopt;
  const UpgradeStep step = handshake_only(*base);
  const bool past_the_proxy = kind == ExperimentKind::direct_valid || kind == ExperimentKind::direct_invalid ||
                              kind == ExperimentKind::direct_health;
  return past_the_proxy ? ask_directly(scenario, step, kind) : vary(scenario, step, kind, nonce);
}

}  // namespace wsprobe::engine
