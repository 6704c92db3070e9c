// The keys of a scenario file: one table for the loader, its suggestions, and the test that compares the JSON Schema.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace wsprobe::scenario {

enum class Presence : std::uint8_t { optional, required };

struct Key {
  std::string_view name;
  Presence presence = Presence::optional;
};

struct KeyTable {
  std::string_view name;  ///< as messages say it, and as the schema's `$defs` have it: "upgrade step"
  std::span<const Key> keys;
};

extern const KeyTable scenario_keys;
extern const KeyTable target_keys;
extern const KeyTable witness_keys;
extern const KeyTable credential_keys;
extern const KeyTable health_keys;
extern const KeyTable http_keys;
extern const KeyTable value_keys;
extern const KeyTable value_condition_keys;
extern const KeyTable value_bounds_keys;
extern const KeyTable upgrade_keys;
extern const KeyTable frontend_keys;
extern const KeyTable response_expectation_keys;
extern const KeyTable upgrade_expectation_keys;
extern const KeyTable message_keys;
extern const KeyTable message_expectation_keys;
extern const KeyTable step_kinds;  ///< the one key of a step

[[nodiscard]] std::span<const KeyTable* const> all_key_tables();

}  // namespace wsprobe::scenario
