#include "scenario/keys.hpp"

#include <array>

namespace wsprobe::scenario {
namespace {

using enum Presence;

constexpr std::array<Key, 11> scenario_list{{{"scenario", required},
                                             {"target", required},
                                             {"every"},
                                             {"timeout"},
                                             {"credentials"},
                                             {"labels"},
                                             {"experiments"},
                                             {"http2"},
                                             {"resolve"},
                                             {"witness"},
                                             {"steps", required}}};
constexpr std::array<Key, 3> target_list{{{"edge", required}, {"direct"}, {"frontend"}}};
constexpr std::array<Key, 3> witness_list{{{"file"}, {"command"}, {"of"}}};
constexpr std::array<Key, 3> credential_list{{{"env"}, {"file"}, {"value"}}};
constexpr std::array<Key, 5> health_list{{{"name"}, {"path"}, {"query"}, {"headers"}, {"expect"}}};
constexpr std::array<Key, 9> http_list{
    {{"name"}, {"method"}, {"path", required}, {"query"}, {"headers"}, {"bearer"}, {"body"}, {"values"}, {"expect"}}};
constexpr std::array<Key, 4> value_list{{{"pointer"}, {"count"}, {"where"}, {"default"}}};
constexpr std::array<Key, 1> value_condition_list{{{"regex", required}}};
constexpr std::array<Key, 2> value_bounds_list{{{"min"}, {"max"}}};
constexpr std::array<Key, 12> upgrade_list{{{"name"},
                                            {"path", required},
                                            {"query"},
                                            {"headers"},
                                            {"origin"},
                                            {"subprotocols"},
                                            {"extensions"},
                                            {"expect"},
                                            {"messages"},
                                            {"ping"},
                                            {"hold"},
                                            {"close_code"}}};
constexpr std::array<Key, 4> response_expectation_list{{{"status"}, {"json"}, {"body_contains"}, {"values"}}};
constexpr std::array<Key, 2> upgrade_expectation_list{{{"rejected_by"}, {"status"}}};
constexpr std::array<Key, 2> message_list{{{"send"}, {"expect"}}};
constexpr std::array<Key, 3> message_expectation_list{{{"text"}, {"json"}, {"regex"}}};
constexpr std::array<Key, 3> frontend_list{{{"name"}, {"path"}, {"variable"}}};
constexpr std::array<Key, 4> step_list{{{"health"}, {"http"}, {"upgrade"}, {"frontend"}}};

}  // namespace

const KeyTable scenario_keys{"scenario", scenario_list};
const KeyTable target_keys{"target", target_list};
const KeyTable witness_keys{"witness", witness_list};
const KeyTable credential_keys{"credential", credential_list};
const KeyTable health_keys{"health step", health_list};
const KeyTable http_keys{"http step", http_list};
const KeyTable value_keys{"value", value_list};
const KeyTable value_condition_keys{"value condition", value_condition_list};
const KeyTable value_bounds_keys{"value bounds", value_bounds_list};
const KeyTable upgrade_keys{"upgrade step", upgrade_list};
const KeyTable frontend_keys{"frontend step", frontend_list};
const KeyTable response_expectation_keys{"response expectation", response_expectation_list};
const KeyTable upgrade_expectation_keys{"upgrade expectation", upgrade_expectation_list};
const KeyTable message_keys{"message", message_list};
const KeyTable message_expectation_keys{"message expectation", message_expectation_list};
const KeyTable step_kinds{"step", step_list};

std::span<const KeyTable* const> all_key_tables() {
  static constexpr std::array tables{&scenario_keys,
                                     &target_keys,
                                     &witness_keys,
                                     &credential_keys,
                                     &health_keys,
                                     &http_keys,
                                     &value_keys,
                                     &value_condition_keys,
                                     &value_bounds_keys,
                                     &upgrade_keys,
                                     &frontend_keys,
                                     &response_expectation_keys,
                                     &upgrade_expectation_keys,
                                     &message_keys,
                                     &message_expectation_keys,
                                     &step_kinds};
  return tables;
}

}  // namespace wsprobe::scenario
