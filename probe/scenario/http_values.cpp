// `values` of an `http` step: which numbers are read from its document, and what they have to be.
//
//   values:
//     total: /total
//     login_errors: {pointer: /by_kind/login, default: 0}
//     frontend_websocket_errors: {count: /errors, where: {/source: frontend, /message: {regex: WebSocket}}}
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "scenario/steps.hpp"
#include "scenario/yaml_reader.hpp"

namespace wsprobe::scenario {
namespace {

std::optional<double> read_number(const Node& node, std::string_view what, const Context& context) {
  double number = 0;
  const char* end = node.text.data() + node.text.size();
  if (node.kind == NodeKind::plain && is_json_number(node.text)) {
    const auto [stop, problem] = std::from_chars(node.text.data(), end, number);
    if (problem == std::errc() && stop == end) return number;
  }
  context.diagnostics.error(node.at, fmt::format("{} has to be a number, not {}", what, describe(node)),
                            "as JSON writes it, without quotes: 0, 16, -0.5");
  return std::nullopt;
}

std::optional<std::string> read_pointer(const Node& node, std::string_view what, const Context& context) {
  auto pointer = read_text(node, what, context.diagnostics);
  if (!pointer || refuse_reference(node, "a pointer", context.diagnostics)) return std::nullopt;
  if (auto problem = check_pointer(*pointer)) {
    context.diagnostics.error(node.at, std::move(*problem), help_for_pointer(*pointer));
    return std::nullopt;
  }
  return pointer;
}

std::optional<ValueCondition> read_condition(const MapEntry& entry, const Context& context) {
  ValueCondition condition;
  condition.pointer = entry.key;
  if (auto problem = check_pointer(entry.key)) {
    context.diagnostics.error(entry.at, std::move(*problem), help_for_pointer(entry.key));
    return std::nullopt;
  }
  if (refuse_reference(*entry.value, "a condition", context.diagnostics)) return std::nullopt;
  std::optional<std::string> text;
  if (entry.value->kind == NodeKind::map) {
    condition.match = ValueCondition::Match::regex;
    const MapReader map(*entry.value, value_condition_keys, context.diagnostics);
    if (const Node* regex = map.find("regex")) text = read_regex(*regex, context);
  } else {
    text = read_expected_scalar(*entry.value, context);
  }
  if (!text) return std::nullopt;
  condition.text = std::move(*text);
  return condition;
}

std::vector<ValueCondition> read_conditions(const Node& node, const Context& context) {
  std::vector<ValueCondition> conditions;
  if (!expect_map(node, "`where`", context.diagnostics)) return conditions;
  if (node.entries.size() > maximum_value_conditions) {
    context.diagnostics.error(node.entries[maximum_value_conditions].at,
                              fmt::format("more than {} conditions", maximum_value_conditions));
    return conditions;
  }
  for (const MapEntry& entry : node.entries) {
    if (auto condition = read_condition(entry, context)) conditions.push_back(std::move(*condition));
  }
  return conditions;
}

void read_source(const Node& node, ValueSource& source, const Context& context) {
  if (node.kind != NodeKind::map) {
    if (auto pointer = read_pointer(node, "a value", context)) source.pointer = std::move(*pointer);
    return;
  }
  const MapReader map(node, value_keys, context.diagnostics);
  const Node* pointer = map.find("pointer");
  const Node* count = map.find("count");
  const Node* where = map.find("where");
  if ((pointer == nullptr) == (count == nullptr)) {
    context.diagnostics.error(node.at, "a value is read in exactly one way",
                              "`pointer` to a number, or `count` of the elements of an array");
    return;
  }
  source.kind = count != nullptr ? ValueSource::Kind::count : ValueSource::Kind::number;
  const std::string_view what = count != nullptr ? "`count`" : "`pointer`";
  if (auto text = read_pointer(count != nullptr ? *count : *pointer, what, context)) source.pointer = std::move(*text);
  if (where != nullptr && count == nullptr) {
    context.diagnostics.error(where->at, "`where` chooses among the elements of an array",
                              "with `count: /pointer/to/the/array`");
  } else if (where != nullptr) {
    source.where = read_conditions(*where, context);
  }
  if (const Node* otherwise = map.find("default")) source.otherwise = read_number(*otherwise, "`default`", context);
}

bool is_value_name(const MapEntry& entry, const Context& context) {
  if (is_plain_name(entry.key)) return true;
  context.diagnostics.error(entry.at, fmt::format("{} cannot be the name of a value", backquoted(entry.key)),
                            "letters, digits, `_`, `-` and `.`, at most 64, a letter or digit first");
  return false;
}

}  // namespace

std::vector<ValueSource> read_values(const Node& node, const Context& context) {
  std::vector<ValueSource> values;
  if (!expect_map(node, "`values`", context.diagnostics)) return values;
  if (node.entries.empty()) context.diagnostics.error(node.at, "`values` is empty: it names none");
  if (node.entries.size() > maximum_values) {
    context.diagnostics.error(node.entries[maximum_values].at, fmt::format("more than {} values", maximum_values));
    return values;
  }
  for (const MapEntry& entry : node.entries) {
    if (!is_value_name(entry, context)) continue;
    ValueSource& source = values.emplace_back();
    source.name = entry.key;
    read_source(*entry.value, source, context);
  }
  return values;
}

std::vector<ValueBounds> read_value_bounds(const Node& node, const std::vector<ValueSource>& values,
                                           const Context& context) {
  std::vector<ValueBounds> bounds;
  if (!expect_map(node, "`values`", context.diagnostics)) return bounds;
  if (node.entries.empty()) context.diagnostics.error(node.at, "`values` is empty: it expects nothing");
  std::vector<std::string> known;
  for (const ValueSource& value : values) known.push_back(value.name);
  for (const MapEntry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      context.diagnostics.error(entry.at, fmt::format("the step has no value {}", backquoted(entry.key)),
                                known.empty() ? "only an `http` step has `values`" : suggestion(entry.key, known));
      continue;
    }
    ValueBounds& bound = bounds.emplace_back();
    bound.name = entry.key;
    if (entry.value->kind != NodeKind::map) {
      bound.lowest = bound.highest = read_number(*entry.value, backquoted(entry.key), context);
      continue;
    }
    const MapReader map(*entry.value, value_bounds_keys, context.diagnostics);
    if (const Node* lowest = map.find("min")) bound.lowest = read_number(*lowest, "`min`", context);
    if (const Node* highest = map.find("max")) bound.highest = read_number(*highest, "`max`", context);
    if (entry.value->entries.empty()) {
      context.diagnostics.error(entry.value->at, fmt::format("{} has no bounds", backquoted(entry.key)),
                                "`{max: 0}`, `{min: 1}`, or a number");
    } else if (bound.lowest && bound.highest && *bound.lowest > *bound.highest) {
      context.diagnostics.error(entry.value->at, "`min` is larger than `max`: nothing could meet it");
    }
  }
  return bounds;
}

}  // namespace wsprobe::scenario
