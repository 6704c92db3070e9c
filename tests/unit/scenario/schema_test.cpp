// The JSON Schema for editors says what the loader says: the same keys, the same required ones, the same forms of
// names, durations and values. What no schema can say (credentials, references, sums of times) is the loader's alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "scenario/interpolation.hpp"
#include "scenario/keys.hpp"
#include "scenario/loader.hpp"
#include "scenario/steps.hpp"
#include "unit/scenario/fake_environment.hpp"

namespace wsprobe::scenario {
namespace {

using nlohmann::json;

json read_schema() {
  std::ifstream stream(WSPROBE_SOURCE_DIR "/scenarios/scenario.schema.json");
  return json::parse(stream);
}

/// The object that the schema has for a table; of alternatives the one that is an object.
json object_of(const json& schema, std::string_view table) {
  if (table == "scenario") return schema;
  std::string name(table);
  std::replace(name.begin(), name.end(), ' ', '_');
  const json& definition = schema.at("definitions").at(name);
  if (!definition.contains("anyOf")) return definition;
  for (const json& alternative : definition.at("anyOf")) {
    if (alternative.contains("properties")) return alternative;
  }
  return {};
}

class SchemaTable : public testing::TestWithParam<const KeyTable*> {};

TEST_P(SchemaTable, HasTheKeysOfTheLoader) {
  const json object = object_of(read_schema(), GetParam()->name);
  std::set<std::string> keys;
  std::set<std::string> required;
  for (const Key& key : GetParam()->keys) {
    keys.emplace(key.name);
    if (key.presence == Presence::required) required.emplace(key.name);
  }
  std::set<std::string> schema_keys;
  for (const auto& item : object.at("properties").items()) schema_keys.insert(item.key());
  EXPECT_EQ(schema_keys, keys);
  EXPECT_EQ(object.value("required", std::set<std::string>{}), required);
  EXPECT_EQ(object.at("additionalProperties"), false);
}

INSTANTIATE_TEST_SUITE_P(Table, SchemaTable, testing::ValuesIn(all_key_tables().begin(), all_key_tables().end()),
                         [](const auto& row) {
                           std::string name(row.param->name);
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

bool schema_takes(const std::string& pointer, const std::string& word) {
  const json schema = read_schema();
  return std::regex_search(word, std::regex(schema.at(json::json_pointer(pointer)).get<std::string>()));
}

TEST(Schema, HasTheNamesOfTheLoader) {
  for (const std::string word : {"a", "a-b_c.d", "9", "", "-a", ".a", "a b", "ä", "a/b"}) {
    EXPECT_EQ(schema_takes("/definitions/name/pattern", word), is_plain_name(word)) << word;
  }
  EXPECT_TRUE(schema_takes("/definitions/name/pattern", std::string(64, 'a')));
  EXPECT_FALSE(schema_takes("/definitions/name/pattern", std::string(65, 'a')));
}

TEST(Schema, HasTheCredentialNamesOfTheLoader) {
  for (const std::string word : {"a", "a-b", "_", "", "-a", "9a", "a.b"}) {
    EXPECT_EQ(schema_takes("/properties/credentials/propertyNames/pattern", word), is_credential_name(word)) << word;
  }
}

TEST(Schema, HasTheDurationsOfTheLoader) {
  for (const std::string word :
       {"1ms", "10s", "1m30s", "1h1m1s1ms", "24h", "", "1", "s", "1s1m", "1.5s", "-1s", "1d", "1s ", "1s1s"}) {
    EXPECT_EQ(schema_takes("/definitions/duration/pattern", word), parse_duration(word).has_value()) << word;
  }
}

TEST(Schema, TakesEveryPathAndTargetThatTheLoaderTakes) {
  for (const std::string word : {"/", "/api/ws", "/a%20b", "/a;b@c", "", "ws", "/a?b", "/a#b", "/a b"}) {
    EXPECT_EQ(schema_takes("/definitions/path/pattern", word), parse_path(word).has_value()) << word;
  }
  for (const std::string word :
       {"ws://h", "WSS://h:1/b", "ws://[::1]:80", "https://h", "h", "ws://", "ws://u@h", "ws://h#f", "ws://h h"}) {
    EXPECT_EQ(schema_takes("/definitions/web_socket_url/pattern", word), parse_url(word, {"ws", "wss"}).has_value())
        << word;
  }
}

TEST(Schema, NamesTheDefaultsOfTheLoader) {
  const json schema = read_schema();
  const Scenario scenario;
  EXPECT_EQ(parse_duration(schema.at("/properties/every/default"_json_pointer).get<std::string>()), scenario.every);
  EXPECT_EQ(parse_duration(schema.at("/properties/timeout/default"_json_pointer).get<std::string>()), scenario.timeout);
  EXPECT_EQ(schema.at("/properties/experiments/default"_json_pointer), true);
  EXPECT_EQ(scenario.experiments, Experiments::when_needed);
  EXPECT_EQ(schema.at("/properties/resolve/default"_json_pointer), "first");
  EXPECT_EQ(scenario.resolve, Resolve::first);
  EXPECT_EQ(schema.at("/properties/witness/maxItems"_json_pointer), maximum_witnesses);
  EXPECT_EQ(schema.at("/definitions/target/properties/direct/anyOf/1/maxItems"_json_pointer), maximum_hops);
  EXPECT_EQ(schema.at("/definitions/health_step/properties/path/default"_json_pointer), HealthStep{}.path);
  EXPECT_EQ(schema.at("/definitions/http_step/properties/method/default"_json_pointer), HttpStep{}.method);
  EXPECT_EQ(schema.at("/definitions/upgrade_step/properties/close_code/default"_json_pointer),
            UpgradeStep{}.close_code);
  EXPECT_EQ(schema.at("/definitions/upgrade_step/properties/ping/default"_json_pointer), UpgradeStep{}.ping);
  EXPECT_EQ(
      std::vector<int>{
          schema.at("/definitions/response_expectation/properties/status/default"_json_pointer).get<int>()},
      ResponseExpectation{}.statuses);
}

bool loads(const std::string& step) {
  return load_text("scenario: a\ntarget: {edge: \"ws://h\"}\nsteps:\n  - " + step + "\n", "a.yaml", fake_environment(),
                   Credentials::required)
      .has_value();
}

TEST(Schema, NamesTheBoundsOfTheLoader) {
  const json upgrade = read_schema().at("definitions").at("upgrade_step").at("properties");
  const auto takes = [](const std::string& key, int value) {
    return loads("upgrade: {path: /, " + key + ": " + std::to_string(value) + "}");
  };
  const int ping = upgrade.at("/ping/maximum"_json_pointer);
  EXPECT_TRUE(takes("ping", ping));
  EXPECT_FALSE(takes("ping", ping + 1));
  EXPECT_TRUE(takes("ping", upgrade.at("/ping/minimum"_json_pointer)));
  EXPECT_FALSE(takes("ping", -1));
  const int lowest = upgrade.at("/close_code/anyOf/1/minimum"_json_pointer);
  const int highest = upgrade.at("/close_code/anyOf/1/maximum"_json_pointer);
  EXPECT_TRUE(takes("close_code", lowest) && takes("close_code", highest) && takes("close_code", 1000));
  EXPECT_FALSE(takes("close_code", lowest - 1) || takes("close_code", highest + 1) || takes("close_code", 1001));
}

TEST(Schema, NamesTheAnswersOfTheLoader) {
  const json alternatives = read_schema().at("definitions").at("upgrade_expectation").at("anyOf");
  for (const json& word : alternatives.at(0).at("enum"))
    EXPECT_TRUE(loads("upgrade: {path: /, expect: " + word.get<std::string>() + "}"));
  for (const json& who : alternatives.at("/1/properties/rejected_by/enum"_json_pointer)) {
    EXPECT_TRUE(loads("upgrade: {path: /, expect: {rejected_by: " + who.get<std::string>() + "}}")) << who;
  }
}

}  // namespace
}  // namespace wsprobe::scenario
