// `health` and `http` steps, and what a response has to be.

#include <algorithm>
#include <regex>

#include <fmt/format.h>

#include "scenario/steps.hpp"
#include "scenario/yaml_reader.hpp"

namespace wsprobe::scenario {
namespace {

ResponseExpectation read_response_expectation(const Node* node, const std::vector<ValueSource>& values,
                                              const Context& context) {
  ResponseExpectation expectation;
  if (node == nullptr) return expectation;
  const MapReader map(*node, response_expectation_keys, context.diagnostics);
  if (const Node* status = map.find("status")) expectation.statuses = read_statuses(*status, 100, 999, context);
  if (const Node* json = map.find("json")) expectation.json = read_json_expectations(*json, context);
  if (const Node* contains = map.find("body_contains")) {
    auto text = read_text(*contains, "`body_contains`", context.diagnostics);
    if (text && text->empty())
      context.diagnostics.error(contains->at, "`body_contains` is empty: every body contains that");
    if (text && !refuse_reference(*contains, "an expectation", context.diagnostics))
      expectation.body_contains = std::move(text);
  }
  if (const Node* bounds = map.find("values")) expectation.values = read_value_bounds(*bounds, values, context);
  return expectation;
}

std::string read_method(const Node& node, std::string method, const Context& context) {
  const auto text = read_text(node, "`method`", context.diagnostics);
  if (!text) return method;
  const bool upper = !text->empty() && text->size() <= 32 &&
                     std::all_of(text->begin(), text->end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  if (!upper || *text == "CONNECT") {
    context.diagnostics.error(node.at, fmt::format("{} is not a method that a step can send", backquoted(*text)),
                              "in capitals: `GET`, `HEAD`, `POST`, `OPTIONS`, ...");
    return method;
  }
  return *text;
}

/// RFC 6750 section 2.1. The token itself never stands in a scenario file.
void read_bearer(const Node& node, Headers& headers, const Context& context, CredentialUse& use) {
  if (node.is_scalar() && node.text.find("${") == std::string::npos) {
    context.diagnostics.hide(node.at, node.next);
    context.diagnostics.error(node.at, "`bearer` has to be a credential", "write `bearer: ${valid}`");
    return;
  }
  const auto token = read_interpolated(node, "`bearer`", context, use);
  if (!token) return;
  const bool given = std::any_of(headers.begin(), headers.end(),
                                 [](const auto& field) { return equals_ignoring_case(field.first, "Authorization"); });
  if (given) {
    context.diagnostics.error(node.at, "both `bearer` and the header Authorization are given", "keep one of them");
    return;
  }
  Text value("Bearer ");
  value.append(*token);
  headers.emplace_back("Authorization", std::move(value));
}

}  // namespace

std::optional<std::string> check_pointer(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return "a JSON pointer begins with `/`";
  for (std::size_t at = pointer.find('~'); at != std::string_view::npos; at = pointer.find('~', at + 1)) {
    const char next = at + 1 < pointer.size() ? pointer[at + 1] : '\0';
    if (next != '0' && next != '1') return "`~` in a JSON pointer is written `~0` (and `/` in a name `~1`)";
  }
  return std::nullopt;
}

std::string help_for_pointer(std::string_view written) {
  return written.empty() || written.front() == '/' ? "" : fmt::format("did you mean `/{}`?", written);
}

bool is_json_number(const std::string& text) {
  static const std::regex number(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");
  constexpr std::size_t longest = 40;
  return text.size() <= longest && std::regex_match(text, number);
}

std::optional<std::string> read_expected_scalar(const Node& node, const Context& context) {
  switch (node.kind) {
    case NodeKind::null: return "null";
    case NodeKind::quoted: return node.text;
    case NodeKind::plain: break;
    case NodeKind::sequence:
    case NodeKind::map:
      context.diagnostics.error(
          node.at,
          fmt::format("an expected value has to be text, a number, true, false or null, not {}", describe(node)),
          "a pointer to each value inside: {/ws/available: true}");
      return std::nullopt;
  }
  if (scalar_type(node) == ScalarType::boolean) {
    return node.text.front() == 't' || node.text.front() == 'T' ? "true" : "false";
  }
  if (scalar_type(node) != ScalarType::number || is_json_number(node.text)) return node.text;
  context.diagnostics.error(node.at, "JSON has no number of this form",
                            "numbers are compared as they are written: 16, -0.5");
  return std::nullopt;
}

std::vector<JsonExpectation> read_json_expectations(const Node& node, const Context& context) {
  std::vector<JsonExpectation> expectations;
  if (!expect_map(node, "`json`", context.diagnostics)) return expectations;
  if (node.entries.empty()) context.diagnostics.error(node.at, "`json` is empty: it expects nothing");
  for (const MapEntry& entry : node.entries) {
    if (auto problem = check_pointer(entry.key)) {
      context.diagnostics.error(entry.at, std::move(*problem), help_for_pointer(entry.key));
      continue;
    }
    if (refuse_reference(*entry.value, "an expectation", context.diagnostics)) continue;
    if (auto value = read_expected_scalar(*entry.value, context)) {
      const bool is_text = scalar_type(*entry.value) == ScalarType::text;
      expectations.push_back({entry.key, is_text ? '"' + *value + '"' : std::move(*value)});
    }
  }
  return expectations;
}

HealthStep read_health(const Node& node, const Context& context) {
  HealthStep step;
  const MapReader map(node, health_keys, context.diagnostics);
  CredentialUse use = CredentialUse::none;
  read_step_name(map.find("name"), step.name, context);
  read_step_path(map.find("path"), step.path, context);
  step.query = read_query(map.find("query"), context, use);
  step.headers = read_headers(map.find("headers"), FieldsOf::request, context, use);
  step.expect = read_response_expectation(map.find("expect"), {}, context);
  return step;
}

FrontendStep read_frontend(const Node& node, const Context& context) {
  FrontendStep step;
  const MapReader map(node, frontend_keys, context.diagnostics);
  read_step_name(map.find("name"), step.name, context);
  read_step_path(map.find("path"), step.path, context);
  const Node* variable = map.find("variable");
  if (variable == nullptr) return step;
  auto text = read_text(*variable, "`variable`", context.diagnostics);
  if (!text) return step;
  if (text->starts_with("window.")) text->erase(0, std::string_view("window.").size());
  if (is_script_variable(*text)) {
    step.variable = std::move(*text);
  } else {
    context.diagnostics.error(variable->at, fmt::format("{} is not the name of a variable", backquoted(*text)),
                              "WS_BASE_URL, or __CONFIG__.wsUrl for a member of one");
  }
  return step;
}

HttpStep read_http(const Node& node, const Context& context) {
  HttpStep step;
  const MapReader map(node, http_keys, context.diagnostics);
  CredentialUse use = CredentialUse::none;
  read_step_name(map.find("name"), step.name, context);
  if (const Node* method = map.find("method")) step.method = read_method(*method, step.method, context);
  read_step_path(map.find("path"), step.path, context);
  step.query = read_query(map.find("query"), context, use);
  step.headers = read_headers(map.find("headers"), FieldsOf::request, context, use);
  if (const Node* bearer = map.find("bearer")) read_bearer(*bearer, step.headers, context, use);
  if (const Node* body = map.find("body")) {
    if (auto text = read_interpolated(*body, "`body`", context, use)) step.body = std::move(*text);
  }
  if (const Node* values = map.find("values")) step.values = read_values(*values, context);
  step.expect = read_response_expectation(map.find("expect"), step.values, context);
  return step;
}

}  // namespace wsprobe::scenario
