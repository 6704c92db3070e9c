#include "scenario/loader.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/text.hpp"
#include "scenario/credentials.hpp"
#include "scenario/steps.hpp"
#include "scenario/witnesses.hpp"
#include "scenario/yaml_document.hpp"
#include "scenario/yaml_reader.hpp"

namespace wsprobe::scenario {
namespace {

constexpr std::size_t maximum_labels = 32;
constexpr std::size_t longest_label_value = 256;

std::optional<Url> read_target_url(const Node* node, std::string_view what, const std::vector<std::string>& schemes,
                                   Diagnostics& diagnostics) {
  if (node == nullptr) return std::nullopt;
  const auto text = read_text(*node, what, diagnostics);
  if (!text) return std::nullopt;
  auto url = parse_url(*text, schemes);
  if (!url) {
    // What is refused may hold a password.
    if (text->find('@') != std::string::npos) diagnostics.hide(node->at, node->next);
    diagnostics.error(node->at, fmt::format("{}: {}", what, url.error()));
    return std::nullopt;
  }
  if (!url->query.empty()) {
    diagnostics.hide(node->at, node->next);
    diagnostics.error(node->at, fmt::format("{} has a query", what),
                      "parameters belong to the steps: `query: {name: value}`");
    return std::nullopt;
  }
  return std::move(*url);
}

const std::vector<std::string>& web_socket_schemes() {
  static const std::vector<std::string> schemes{"ws", "wss"};
  return schemes;
}

/// One URL, that of the application; or a list that begins with the hop behind the edge and ends with the application.
void read_direct(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (node.kind != NodeKind::sequence) {
    scenario.direct = read_target_url(&node, "`direct`", web_socket_schemes(), diagnostics);
    return;
  }
  if (node.items.empty()) diagnostics.error(node.at, "`direct` is an empty list", "leave it out, or name the service");
  if (node.items.size() > maximum_hops) {
    diagnostics.error(node.items[maximum_hops]->at, fmt::format("more than {} hops", maximum_hops));
    return;
  }
  for (const NodePtr& item : node.items) {
    auto url = read_target_url(item.get(), "`direct`", web_socket_schemes(), diagnostics);
    if (!url) continue;
    if (scenario.direct) scenario.hops.push_back(std::move(*scenario.direct));
    scenario.direct = std::move(*url);
  }
}

void read_target(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  const MapReader map(node, target_keys, diagnostics);
  if (auto edge = read_target_url(map.find("edge"), "`edge`", web_socket_schemes(), diagnostics))
    scenario.edge = std::move(*edge);
  if (const Node* direct = map.find("direct")) read_direct(*direct, scenario, diagnostics);
  scenario.frontend = read_target_url(map.find("frontend"), "`frontend`", {"http", "https"}, diagnostics);
}

/// Names that series of ours already carry, and those that Prometheus keeps for itself.
bool is_reserved_label(std::string_view name) {
  static constexpr std::array<std::string_view, 13> reserved{"scenario", "step",  "phase",   "status", "value",
                                                             "emitter",  "fault", "cause",   "le",     "quantile",
                                                             "version",  "job",   "instance"};
  return name.substr(0, 2) == "__" || std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

bool is_label_name(std::string_view name) {
  constexpr std::string_view characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest && (name.front() < '0' || name.front() > '9') &&
         name.find_first_not_of(characters) == std::string_view::npos;
}

void read_label(const MapEntry& entry, Scenario& scenario, Diagnostics& diagnostics) {
  if (!is_label_name(entry.key)) {
    diagnostics.error(entry.at, fmt::format("{} cannot be the name of a label", backquoted(entry.key)),
                      "letters, digits and `_`, no digit first");
    return;
  }
  if (is_reserved_label(entry.key)) {
    diagnostics.error(entry.at,
                      fmt::format("the label {} is already in use by the metrics themselves", backquoted(entry.key)));
    return;
  }
  auto value = read_scalar(*entry.value, fmt::format("the label {}", backquoted(entry.key)), diagnostics);
  if (!value || refuse_reference(*entry.value, "a label", diagnostics)) return;
  if (value->size() > longest_label_value) {
    diagnostics.error(entry.value->at, fmt::format("the value of a label has at most {} bytes", longest_label_value));
    return;
  }
  scenario.labels.emplace(entry.key, std::move(*value));
}

void read_labels(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (!expect_map(node, "`labels`", diagnostics)) return;
  if (node.entries.size() > maximum_labels) {
    diagnostics.error(node.at, fmt::format("more than {} labels", maximum_labels));
    return;
  }
  for (const MapEntry& entry : node.entries) read_label(entry, scenario, diagnostics);
}

void read_name(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  const auto name = read_text(node, "`scenario`", diagnostics);
  if (!name) return;
  if (!is_plain_name(*name)) {
    diagnostics.error(node.at, fmt::format("{} cannot be the name of a scenario", backquoted(*name)),
                      "letters, digits, `_`, `-` and `.`, at most 64, a letter or digit first");
  }
  scenario.name = *name;
}

void read_every(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  const auto every = read_duration(node, "`every`", diagnostics);
  if (!every) return;
  if (*every < std::chrono::seconds(1)) {
    diagnostics.error(node.at, "`every` is shorter than 1s", "more often, a probe becomes a load");
  }
  scenario.every = *every;
}

void read_experiments(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (node.kind == NodeKind::plain && scalar_type(node) == ScalarType::boolean) {
    const bool wanted = read_boolean(node, "`experiments`", diagnostics).value_or(true);
    scenario.experiments = wanted ? Experiments::when_needed : Experiments::never;
  } else if (node.is_scalar() && node.text == "gentle") {
    scenario.experiments = Experiments::gentle;
  } else {
    const std::string found = node.is_scalar() ? backquoted(node.text) : std::string(describe(node));
    diagnostics.error(node.at, fmt::format("`experiments` has to be true, false or gentle, not {}", found),
                      "`gentle` sends nothing that a login guard counts");
  }
}

void read_http2(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  const bool wanted = read_boolean(node, "`http2`", diagnostics).value_or(false);
  if (!wanted) return;
  scenario.over_http2 = OverHttp2::as_browsers_do;
  const bool can_be_repeated = std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) {
    const auto* upgrade = std::get_if<UpgradeStep>(&step);
    return upgrade != nullptr && upgrade->credential != CredentialUse::invalid;
  });
  if (!can_be_repeated) {
    diagnostics.error(node.at, "`http2` repeats an `upgrade` step, and there is none without the invalid credential",
                      "add one");
  } else if (!scenario.edge.secure()) {
    diagnostics.error(node.at, "`http2` needs an edge of the scheme wss", "browsers speak HTTP/2 over TLS alone");
  } else if (scenario.experiments == Experiments::never) {
    diagnostics.error(node.at, "`http2` is an experiment, and `experiments` is false", "leave out one of them");
  }
}

void read_resolve(const Node& node, Scenario& scenario, Diagnostics& diagnostics) {
  const auto text = read_text(node, "`resolve`", diagnostics);
  if (!text) return;
  if (*text == "all") {
    scenario.resolve = Resolve::all;
  } else if (*text != "first") {
    diagnostics.error(node.at, fmt::format("`resolve` has no value {}", backquoted(*text)),
                      suggestion(*text, {"first", "all"}));
  }
}

Scenario read_scenario(const Node& root, const CredentialSource& source, Diagnostics& diagnostics) {
  Scenario scenario;
  const MapReader map(root, scenario_keys, diagnostics);
  if (const Node* name = map.find("scenario")) read_name(*name, scenario, diagnostics);
  if (const Node* target = map.find("target")) read_target(*target, scenario, diagnostics);
  if (const Node* every = map.find("every")) read_every(*every, scenario, diagnostics);
  if (const Node* timeout = map.find("timeout")) {
    scenario.timeout = read_duration(*timeout, "`timeout`", diagnostics).value_or(scenario.timeout);
  }
  if (const Node* labels = map.find("labels")) read_labels(*labels, scenario, diagnostics);
  if (const Node* experiments = map.find("experiments")) read_experiments(*experiments, scenario, diagnostics);
  if (const Node* resolve = map.find("resolve")) read_resolve(*resolve, scenario, diagnostics);
  if (const Node* witness = map.find("witness")) {
    scenario.witnesses = read_witnesses(*witness, source.directory, diagnostics);
  }
  const CredentialSet credentials = read_credentials(map.find("credentials"), source, diagnostics);
  scenario.secrets = credentials.secrets();
  if (const Credential* valid = credentials.find("valid")) scenario.valid = valid->text;
  scenario.invalid = credentials.find("invalid")->text;
  if (const Node* steps = map.find("steps")) {
    scenario.steps = read_steps(*steps, scenario.timeout, {credentials, diagnostics});
    const bool asks_page = std::any_of(scenario.steps.begin(), scenario.steps.end(),
                                       [](const Step& step) { return std::holds_alternative<FrontendStep>(step); });
    if (asks_page && !scenario.frontend) {
      diagnostics.error(steps->at, "a `frontend` step needs to know the page",
                        "write `frontend: https://HOST` below `target`");
    }
  }
  if (const Node* http2 = map.find("http2")) read_http2(*http2, scenario, diagnostics);
  return scenario;
}

/// What no scenario file holds, and no message should have to show. Null where all is well.
std::optional<std::pair<Position, std::string>> check_bytes(std::string_view text) {
  Position at{1, 1};
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t length = utf8_length(text, offset);
    if (length == 0) return std::pair{at, std::string("the file is not UTF-8")};
    const auto byte = static_cast<unsigned char>(text[offset]);
    const bool line_end = byte == '\n' || (byte == '\r' && text.substr(offset, 2) == "\r\n");
    if ((byte < 0x20 && byte != '\t' && !line_end) || byte == 0x7F)
      return std::pair{at, std::string("a control character")};
    at = byte == '\n' ? Position{at.line + 1, 1} : Position{at.line, at.column + static_cast<int>(length)};
    offset += length;
  }
  return std::nullopt;
}

std::string directory_of(const std::string& file_name) { return file_name.substr(0, file_name.rfind('/') + 1); }

tl::unexpected<std::vector<Diagnostic>> whole_file_error(const std::string& file_name, std::string message,
                                                         std::string help = {}) {
  return tl::unexpected(std::vector<Diagnostic>{{file_name, 0, 0, std::move(message), {}, std::move(help)}});
}

}  // namespace

tl::expected<Scenario, std::vector<Diagnostic>> load_text(std::string_view yaml, const std::string& file_name,
                                                          const Environment& environment, Credentials credentials) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (yaml.size() > maximum_file_size) return whole_file_error(file_name, "the file is larger than 1 MiB");
  if (yaml.substr(0, byte_order_mark.size()) == byte_order_mark) yaml.remove_prefix(byte_order_mark.size());

  Diagnostics diagnostics(file_name, yaml);
  NodePtr root;
  if (const auto problem = check_bytes(yaml)) {
    diagnostics.error(problem->first, problem->second, "scenario files are UTF-8 text");
  } else {
    root = parse_yaml(yaml, diagnostics);
  }
  if (!root) {
    hide_credential_lines(diagnostics);
    return tl::unexpected(diagnostics.take(Severity::error));
  }
  Scenario scenario = read_scenario(*root, {environment, credentials, directory_of(file_name)}, diagnostics);
  if (diagnostics.has_errors()) return tl::unexpected(diagnostics.take(Severity::error));
  scenario.warnings = diagnostics.take(Severity::warning);
  return scenario;
}

tl::expected<Scenario, std::vector<Diagnostic>> load_file(const std::string& path, const Environment& environment,
                                                          Credentials credentials) {
  const auto text = environment.read_file(path);
  if (!text) return whole_file_error(path, "the file cannot be read: " + text.error());
  return load_text(*text, path, environment, credentials);
}

}  // namespace wsprobe::scenario
