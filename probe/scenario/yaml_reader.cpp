#include "scenario/yaml_reader.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/ascii.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::scenario {
namespace {

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

/// Integers (decimal, 0x, 0o) and floats of the core schema; .inf and .nan are of no use here and count as text.
bool is_number(std::string_view text) {
  if (text.size() > 2 && (text.substr(0, 2) == "0x" || text.substr(0, 2) == "0o")) {
    return text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  }
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  const std::size_t whole = take_digits(text).size();
  std::size_t fraction = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = take_digits(text).size();
  }
  if (whole + fraction == 0) return false;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    if (take_digits(text).empty()) return false;
  }
  return text.empty();
}

bool is_boolean(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" || text == "FALSE";
}

std::vector<std::string> names_of(const KeyTable& table) {
  std::vector<std::string> names;
  for (const Key& key : table.keys) names.emplace_back(key.name);
  return names;
}

const Key* find_key(const KeyTable& table, std::string_view name) {
  const auto found =
      std::find_if(table.keys.begin(), table.keys.end(), [&](const Key& key) { return key.name == name; });
  return found == table.keys.end() ? nullptr : &*found;
}

void report_type(const Node& node, std::string_view what, std::string_view wanted, std::string help,
                 Diagnostics& diagnostics) {
  diagnostics.error(node.at, fmt::format("{} has to be {}, not {}", what, wanted, describe(node)), std::move(help));
}

std::string advice_to_quote(const Node& node) {
  return node.kind == NodeKind::plain ? fmt::format("in quotes it is text: \"{}\"", node.text) : std::string();
}

}  // namespace

ScalarType scalar_type(const Node& node) {
  if (node.kind == NodeKind::null) return ScalarType::null;
  if (node.kind != NodeKind::plain) return ScalarType::text;
  if (is_boolean(node.text)) return ScalarType::boolean;
  return is_number(node.text) ? ScalarType::number : ScalarType::text;
}

std::string_view describe(const Node& node) {
  if (node.kind == NodeKind::sequence) return "a list";
  if (node.kind == NodeKind::map) return "a map";
  switch (scalar_type(node)) {
    case ScalarType::null: return "nothing";
    case ScalarType::boolean: return "true or false";
    case ScalarType::number: return "a number";
    case ScalarType::text: return "text";
  }
  return "text";
}

MapReader::MapReader(const Node& node, const KeyTable& table, Diagnostics& diagnostics) : node_(node) {
  if (!expect_map(node, fmt::format("the {}", table.name), diagnostics)) return;
  std::vector<std::string> misspelt;
  for (const MapEntry& entry : node.entries) {
    if (find_key(table, entry.key) != nullptr) continue;
    report_unknown_key(entry, table, diagnostics);
    if (auto meant = nearest(entry.key, names_of(table))) misspelt.push_back(std::move(*meant));
  }
  for (const Key& key : table.keys) {
    const bool required = key.presence == Presence::required;
    const bool reported = std::find(misspelt.begin(), misspelt.end(), key.name) != misspelt.end();
    if (!required || reported || find(key.name) != nullptr) continue;
    diagnostics.error(node.at, fmt::format("the {} has no `{}`", table.name, key.name));
  }
}

const Node* MapReader::find(std::string_view key) const {
  const auto entry = std::find_if(node_.entries.begin(), node_.entries.end(),
                                  [&](const MapEntry& candidate) { return candidate.key == key; });
  return entry == node_.entries.end() ? nullptr : entry->value.get();
}

std::optional<std::string> read_text(const Node& node, std::string_view what, Diagnostics& diagnostics) {
  if (scalar_type(node) == ScalarType::text && node.is_scalar()) return node.text;
  report_type(node, what, "text", advice_to_quote(node), diagnostics);
  return std::nullopt;
}

std::optional<std::string> read_scalar(const Node& node, std::string_view what, Diagnostics& diagnostics) {
  if (node.is_scalar()) return node.text;
  report_type(node, what, "text", node.kind == NodeKind::null ? "empty text is written \"\"" : "", diagnostics);
  return std::nullopt;
}

std::optional<bool> read_boolean(const Node& node, std::string_view what, Diagnostics& diagnostics) {
  if (scalar_type(node) == ScalarType::boolean) return node.text.front() == 't' || node.text.front() == 'T';
  report_type(node, what, "true or false", "`true` or `false`, without quotes", diagnostics);
  return std::nullopt;
}

std::optional<int> read_integer(const Node& node, std::string_view what, int lowest, int highest,
                                Diagnostics& diagnostics) {
  if (scalar_type(node) != ScalarType::number) {
    const std::string help = node.kind == NodeKind::quoted && is_number(node.text) ? "remove the quotes" : "";
    report_type(node, what, "a number", help, diagnostics);
    return std::nullopt;
  }
  int value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, problem] = std::from_chars(node.text.data(), end, value);
  if (problem == std::errc() && stop == end && value >= lowest && value <= highest) return value;
  diagnostics.error(node.at, fmt::format("{} has to be a whole number from {} to {}, not {}", what, lowest, highest,
                                         backquoted(node.text)));
  return std::nullopt;
}

std::optional<Duration> read_duration(const Node& node, std::string_view what, Diagnostics& diagnostics) {
  constexpr std::string_view help = "durations look like `500ms`, `10s`, `1m30s`, `1h`";
  if (!node.is_scalar()) {
    report_type(node, what, "a duration", std::string(help), diagnostics);
    return std::nullopt;
  }
  const auto duration = parse_duration(node.text);
  if (duration) return *duration;
  diagnostics.error(node.at, fmt::format("{}: {}", what, duration.error()), std::string(help));
  return std::nullopt;
}

bool expect_map(const Node& node, std::string_view what, Diagnostics& diagnostics) {
  if (node.kind == NodeKind::map) return true;
  report_type(node, what, "a map", "a map is written `{key: value}`, or with one `key: value` a line", diagnostics);
  return false;
}

bool expect_list(const Node& node, std::string_view what, Diagnostics& diagnostics) {
  if (node.kind == NodeKind::sequence) return true;
  report_type(node, what, "a list", "a list is written `[a, b]`, or with one `- entry` a line", diagnostics);
  return false;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (const auto near = nearest(word, known)) return fmt::format("did you mean `{}`?", *near);
  std::string list;
  for (const std::string& name : known) list += fmt::format("{}`{}`", list.empty() ? "" : ", ", name);
  return known.size() == 1 ? "it knows only " + list : "one of " + list;
}

void report_unknown_key(const MapEntry& entry, const KeyTable& table, Diagnostics& diagnostics) {
  const std::vector<std::string> known = names_of(table);
  // Behind a key that is no mere slip there may be anything, a token too.
  if (!nearest(entry.key, known) || !entry.value->is_scalar()) diagnostics.hide(entry.value->at, entry.value->next);
  const std::string message = &table == &step_kinds
                                  ? fmt::format("there is no step of the kind {}", backquoted(entry.key))
                                  : fmt::format("the {} has no key {}", table.name, backquoted(entry.key));
  diagnostics.error(entry.at, message, suggestion(entry.key, known));
}

bool refuse_reference(const Node& node, std::string_view what, Diagnostics& diagnostics) {
  if (node.text.find("${") == std::string::npos) return false;
  diagnostics.error(diagnostics.find(node.at, "${"), fmt::format("a credential cannot stand in {}", what),
                    "`${name}` works in query, headers, subprotocols, body and send");
  return true;
}

}  // namespace wsprobe::scenario
