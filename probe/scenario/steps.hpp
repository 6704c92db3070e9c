// The steps of a scenario: one file each for what asks by HTTP and what upgrades, and what both share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/credentials.hpp"
#include "scenario/scenario.hpp"
#include "scenario/yaml_document.hpp"

namespace wsprobe::scenario {

inline constexpr std::size_t maximum_steps = 1000;
inline constexpr std::size_t maximum_messages = 1000;

/// All steps, with unique names. `timeout` bounds what they may hold.
[[nodiscard]] std::vector<Step> read_steps(const Node& node, Duration timeout, const Context& context);

/// A step's map is null where the file gives only its kind: everything has a default, or the key is asked for.
[[nodiscard]] HealthStep read_health(const Node& node, const Context& context);
[[nodiscard]] HttpStep read_http(const Node& node, const Context& context);
[[nodiscard]] FrontendStep read_frontend(const Node& node, const Context& context);
[[nodiscard]] UpgradeStep read_upgrade(const Node& node, const Context& context);

// Shared by the steps.

enum class FieldsOf : std::uint8_t { request, upgrade };

void read_step_name(const Node* node, std::string& name, const Context& context);
void read_step_path(const Node* node, std::string& path, const Context& context);
[[nodiscard]] Query read_query(const Node* node, const Context& context, CredentialUse& use);
/// Fields that wsprobe itself writes are refused.
[[nodiscard]] Headers read_headers(const Node* node, FieldsOf kind, const Context& context, CredentialUse& use);
/// `403` or `[401, 403]`; numbers outside lowest..highest are refused.
[[nodiscard]] std::vector<int> read_statuses(const Node& node, int lowest, int highest, const Context& context);
/// Null where `pointer` is one of RFC 6901; else why not.
[[nodiscard]] std::optional<std::string> check_pointer(std::string_view pointer);
/// What most often is meant by text that is no pointer.
[[nodiscard]] std::string help_for_pointer(std::string_view written);
/// A scalar as wire::JsonDocument::scalar_at gives it: numbers as they are written.
[[nodiscard]] std::optional<std::string> read_expected_scalar(const Node& node, const Context& context);
/// RFC 8259 section 6: a number that a JSON document can have, at most 40 characters.
[[nodiscard]] bool is_json_number(const std::string& text);
[[nodiscard]] std::optional<std::string> read_regex(const Node& node, const Context& context);
/// {name: /pointer}, {name: {count: /pointer, where: {...}}}
[[nodiscard]] std::vector<ValueSource> read_values(const Node& node, const Context& context);
/// {name: {max: 0}}, {name: 3}; only of `values`
[[nodiscard]] std::vector<ValueBounds> read_value_bounds(const Node& node, const std::vector<ValueSource>& values,
                                                         const Context& context);
/// {/pointer: value}
[[nodiscard]] std::vector<JsonExpectation> read_json_expectations(const Node& node, const Context& context);
/// Letters, digits, `_`, `-`, `.`; at most 64: what can stand in a label, a URL and a file name.
[[nodiscard]] bool is_plain_name(std::string_view name);

/// Names of JavaScript with dots between them, ASCII alone; at most 200 bytes.
[[nodiscard]] bool is_script_variable(std::string_view text);

/// Null where std::regex (ECMAScript) takes the pattern; else why not.
[[nodiscard]] std::optional<std::string> check_regex(const std::string& pattern);

/// RFC 9110 token.
[[nodiscard]] bool is_token(std::string_view text);

}  // namespace wsprobe::scenario
