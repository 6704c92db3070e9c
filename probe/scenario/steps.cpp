#include "scenario/steps.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "core/text.hpp"
#include "scenario/yaml_reader.hpp"

namespace wsprobe::scenario {
namespace {

bool equal_without_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

/// Any of them: what stands in Host is shown in reports, and stands in every log on the way.
bool refers_to_credential(const Node& node) { return node.text.find("${") != std::string::npos; }

struct OwnField {
  std::string_view name;
  std::string_view help;
};

/// Fields that decide where a message ends, or how the handshake goes.
constexpr std::array request_fields{OwnField{"Content-Length", "it follows from `body`"},
                                    OwnField{"Transfer-Encoding", "it follows from `body`"}, OwnField{"Connection", ""},
                                    OwnField{"Upgrade", "that is an `upgrade` step"}};
constexpr std::array upgrade_fields{OwnField{"Sec-WebSocket-Key", ""},
                                    OwnField{"Sec-WebSocket-Version", ""},
                                    OwnField{"Sec-WebSocket-Accept", ""},
                                    OwnField{"Sec-WebSocket-Extensions", "write `extensions: [permessage-deflate]`"},
                                    OwnField{"Sec-WebSocket-Protocol", "write `subprotocols: [...]`"},
                                    OwnField{"Origin", "write `origin: https://...`"}};

const OwnField* own_field(std::string_view name, FieldsOf kind) {
  const auto named = [&](const OwnField& field) { return equal_without_case(field.name, name); };
  if (const auto* found = std::find_if(request_fields.begin(), request_fields.end(), named);
      found != request_fields.end())
    return found;
  if (kind == FieldsOf::request) return nullptr;
  const auto* found = std::find_if(upgrade_fields.begin(), upgrade_fields.end(), named);
  return found == upgrade_fields.end() ? nullptr : found;
}

/// Null where the field may stand in a request as it is given.
std::optional<std::pair<std::string, std::string>> check_field_name(const MapEntry& entry, FieldsOf kind,
                                                                    const Headers& before) {
  if (!is_token(entry.key))
    return std::pair{fmt::format("{} is not a header name", backquoted(entry.key)), std::string()};
  if (const OwnField* own = own_field(entry.key, kind)) {
    return std::pair{fmt::format("wsprobe writes the header {} itself", own->name), std::string(own->help)};
  }
  const bool again = std::any_of(before.begin(), before.end(),
                                 [&](const auto& field) { return equal_without_case(field.first, entry.key); });
  if (again)
    return std::pair{fmt::format("the header {} stands here twice", backquoted(entry.key)),
                     std::string("header names have no case")};
  return std::nullopt;
}

std::string step_kind_of(const Step& step) {
  struct Kind {
    std::string operator()(const HealthStep&) const { return "health"; }
    std::string operator()(const HttpStep&) const { return "http"; }
    std::string operator()(const UpgradeStep&) const { return "upgrade"; }
    std::string operator()(const FrontendStep&) const { return "frontend"; }
  };
  return std::visit(Kind{}, step);
}

std::string& name_of(Step& step) {
  return std::visit([](auto& known) -> std::string& { return known.name; }, step);
}

const Node* name_node(const Node& body) {
  if (body.kind != NodeKind::map) return nullptr;
  const auto entry = std::find_if(body.entries.begin(), body.entries.end(),
                                  [](const MapEntry& candidate) { return candidate.key == "name"; });
  return entry == body.entries.end() ? nullptr : entry->value.get();
}

/// An empty map in the place of a step of which only the kind is given.
const Node& body_or_empty(const Node& body, Node& empty) {
  if (body.kind != NodeKind::null) return body;
  empty.kind = NodeKind::map;
  empty.at = body.at;
  return empty;
}

std::optional<Step> read_kind(std::string_view kind, const Node& body, const Context& context) {
  if (kind == "health") return read_health(body, context);
  if (kind == "http") return read_http(body, context);
  if (kind == "upgrade") return read_upgrade(body, context);
  if (kind == "frontend") return read_frontend(body, context);
  return std::nullopt;
}

/// Names of steps: those that are given have to differ; defaults get a number where they would not.
class StepNames {
 public:
  explicit StepNames(const Context& context) : context_(context) {}

  void take_given(const Node& node, const std::string& name) {
    if (given_.insert(name).second) return;
    context_.diagnostics.error(node.at, fmt::format("a step before this one is already called {}", backquoted(name)),
                               "reports and metrics tell steps apart by their names");
  }

  std::string make_default(const std::string& kind) {
    std::string name = kind;
    for (int number = 2; given_.count(name) != 0; ++number) name = fmt::format("{}-{}", kind, number);
    given_.insert(name);
    return name;
  }

 private:
  const Context& context_;
  std::set<std::string> given_;
};

struct StepPlace {
  Step step;
  const Node* body;
};

std::optional<StepPlace> read_step(const Node& node, const Context& context) {
  static const Node nothing{};
  constexpr std::string_view help =
      "a step is written `- upgrade: {path: /ws}`; the keys of a block stand two spaces further in";
  if (node.is_scalar()) {
    const MapEntry entry{node.text, node.at, std::make_shared<const Node>(nothing)};
    const bool known = std::any_of(step_kinds.keys.begin(), step_kinds.keys.end(),
                                   [&](const Key& key) { return key.name == node.text; });
    if (known) {
      Node empty;
      empty.kind = NodeKind::map;
      empty.at = node.at;
      auto step = read_kind(node.text, empty, context);
      return StepPlace{std::move(*step), nullptr};
    }
    report_unknown_key(entry, step_kinds, context.diagnostics);
    return std::nullopt;
  }
  if (node.kind != NodeKind::map || node.entries.size() != 1) {
    context.diagnostics.error(
        node.at, node.kind == NodeKind::map ? "a step has exactly one key, its kind" : "a step has to be a map",
        std::string(help));
    return std::nullopt;
  }
  const MapEntry& entry = node.entries.front();
  Node empty;
  auto step = read_kind(entry.key, body_or_empty(*entry.value, empty), context);
  if (!step) {
    report_unknown_key(entry, step_kinds, context.diagnostics);
    return std::nullopt;
  }
  return StepPlace{std::move(*step), entry.value.get()};
}

/// A socket that is held for longer than the run may take would fail every time.
void check_holds(const std::vector<StepPlace>& places, Duration timeout, const Context& context) {
  Duration held{};
  for (const StepPlace& place : places) {
    const auto* upgrade = std::get_if<UpgradeStep>(&place.step);
    if (upgrade == nullptr || upgrade->hold == Duration{}) continue;
    held += upgrade->hold;
    if (held < timeout) continue;
    const auto& entries = place.body->entries;
    const auto hold =
        std::find_if(entries.begin(), entries.end(), [](const MapEntry& entry) { return entry.key == "hold"; });
    context.diagnostics.error(hold->value->at,
                              held == upgrade->hold
                                  ? "the socket is held for no less than the `timeout` of the run"
                                  : "the sockets are together held for no less than the `timeout` of the run",
                              "hold for less, or set a larger `timeout`");
    return;
  }
}

}  // namespace

std::vector<Step> read_steps(const Node& node, Duration timeout, const Context& context) {
  if (!expect_list(node, "`steps`", context.diagnostics)) return {};
  if (node.items.empty()) context.diagnostics.error(node.at, "`steps` is empty: there is nothing to probe");
  if (node.items.size() > maximum_steps) {
    context.diagnostics.error(node.items[maximum_steps]->at, fmt::format("more than {} steps", maximum_steps));
    return {};
  }
  std::vector<StepPlace> places;
  for (const NodePtr& item : node.items) {
    if (auto place = read_step(*item, context)) places.push_back(std::move(*place));
  }
  check_holds(places, timeout, context);

  StepNames names(context);
  for (StepPlace& place : places) {
    if (const Node* given = place.body ? name_node(*place.body) : nullptr)
      names.take_given(*given, name_of(place.step));
  }
  std::vector<Step> steps;
  for (StepPlace& place : places) {
    const bool given = place.body != nullptr && name_node(*place.body) != nullptr;
    if (!given) name_of(place.step) = names.make_default(step_kind_of(place.step));
    steps.push_back(std::move(place.step));
  }
  return steps;
}

bool is_plain_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  constexpr std::string_view characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !name.empty() && name.size() <= longest && name.front() != '-' && name.front() != '.' &&
         name.find_first_not_of(characters) == std::string_view::npos;
}

bool is_script_variable(std::string_view text) {
  constexpr std::size_t longest = 200;
  constexpr std::string_view characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
  if (text.size() > longest) return false;
  for (std::string_view rest = text;;) {
    const std::string_view name = rest.substr(0, rest.find('.'));
    if (name.empty() || (name.front() >= '0' && name.front() <= '9') ||
        name.find_first_not_of(characters) != std::string_view::npos) {
      return false;
    }
    if (name.size() == rest.size()) return true;
    rest.remove_prefix(name.size() + 1);
  }
}

bool is_token(std::string_view text) {
  constexpr std::string_view characters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

void read_step_name(const Node* node, std::string& name, const Context& context) {
  if (node == nullptr) return;
  const auto text = read_text(*node, "`name`", context.diagnostics);
  if (!text) return;
  if (!is_plain_name(*text)) {
    context.diagnostics.error(node->at, fmt::format("{} cannot be the name of a step", backquoted(*text)),
                              "letters, digits, `_`, `-` and `.`, at most 64, a letter or digit first");
  }
  name = *text;
}

void read_step_path(const Node* node, std::string& path, const Context& context) {
  if (node == nullptr) return;
  const auto text = read_text(*node, "`path`", context.diagnostics);
  if (!text || refuse_reference(*node, "a path", context.diagnostics)) return;
  const auto parsed = parse_path(*text);
  if (parsed) {
    path = *parsed;
  } else {
    // A query in the wrong place is where tokens are.
    if (text->find('?') != std::string::npos) context.diagnostics.hide(node->at, node->next);
    context.diagnostics.error(node->at, parsed.error());
  }
}

Query read_query(const Node* node, const Context& context, CredentialUse& use) {
  Query query;
  if (node == nullptr || !expect_map(*node, "`query`", context.diagnostics)) return query;
  for (const MapEntry& entry : node->entries) {
    if (entry.key.empty()) context.diagnostics.error(entry.at, "a parameter of the query needs a name");
    auto value = read_interpolated(*entry.value, fmt::format("the parameter {}", backquoted(entry.key)), context, use);
    if (value) query.emplace_back(entry.key, std::move(*value));
  }
  return query;
}

Headers read_headers(const Node* node, FieldsOf kind, const Context& context, CredentialUse& use) {
  Headers headers;
  if (node == nullptr || !expect_map(*node, "`headers`", context.diagnostics)) return headers;
  for (const MapEntry& entry : node->entries) {
    if (const auto problem = check_field_name(entry, kind, headers)) {
      context.diagnostics.error(entry.at, problem->first, problem->second);
      continue;
    }
    auto value = read_interpolated(*entry.value, fmt::format("the header {}", backquoted(entry.key)), context, use);
    if (!value) continue;
    if (has_control(value->reveal())) {
      context.diagnostics.error(
          entry.value->at,
          fmt::format("the header {} holds a line break or another control character", backquoted(entry.key)));
    } else if (equal_without_case(entry.key, "Host") && (value->empty() || refers_to_credential(*entry.value))) {
      context.diagnostics.error(entry.value->at, "`Host` has to be a host name, without a credential");
    } else {
      headers.emplace_back(entry.key, std::move(*value));
    }
  }
  return headers;
}

std::vector<int> read_statuses(const Node& node, int lowest, int highest, const Context& context) {
  std::vector<int> statuses;
  const auto read_one = [&](const Node& item) {
    const auto status = read_integer(item, "a status", lowest, highest, context.diagnostics);
    if (status && std::find(statuses.begin(), statuses.end(), *status) == statuses.end()) statuses.push_back(*status);
  };
  if (node.kind != NodeKind::sequence) {
    read_one(node);
    return statuses;
  }
  if (node.items.empty()) context.diagnostics.error(node.at, "the list of statuses is empty: nothing could meet it");
  for (const NodePtr& item : node.items) read_one(*item);
  return statuses;
}

}  // namespace wsprobe::scenario
