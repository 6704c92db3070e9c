#include "monitor/config.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wsprobe::monitor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::string problems_of(std::string_view yaml) {
  const auto config = read_config(yaml, "wsprobe.yml", "");
  std::string text;
  if (!config) {
    for (const scenario::Diagnostic& diagnostic : config.error()) text += diagnostic.render() + "\n";
  }
  return text;
}

TEST(Config, ReadsWhatADaemonNeeds) {
  const auto config = read_config(R"(
scenarios: [scenarios/*.yaml, /etc/wsprobe/one.yaml]
limits: {concurrency: 32}
vantage: ["192.0.2.1:53", "[2001:db8::1]:443"]
storage: {path: history, keep_for: 30d, keep_size: 64MiB}
web: {listen_address: "127.0.0.1:9000", config_file: web.yml}
probe_targets: ["https://api.example.com", "ws://127.0.0.1:8000"]
)",
                                  "wsprobe.yml", "conf/");
  ASSERT_TRUE(config) << config.error().front().render();
  EXPECT_THAT(config->scenarios, ElementsAre("conf/scenarios/*.yaml", "/etc/wsprobe/one.yaml"));
  EXPECT_EQ(config->concurrency, 32U);
  ASSERT_EQ(config->vantage.size(), 2U);
  EXPECT_EQ(config->vantage[1].host, "2001:db8::1");
  EXPECT_EQ(config->vantage[1].port, 443);
  EXPECT_EQ(config->storage_path, "conf/history");
  EXPECT_EQ(config->retention.age, 24h * 30);
  EXPECT_EQ(config->retention.bytes, 64 * 1024 * 1024);
  EXPECT_THAT(config->listen_addresses, ElementsAre("127.0.0.1:9000"));
  EXPECT_EQ(config->web_config_file, "conf/web.yml");
  EXPECT_EQ(config->probe_targets.size(), 2U);
}

TEST(Config, ListensOnLoopbackUnlessToldOtherwise) {
  const auto config = read_config("scenarios: [a.yaml]", "wsprobe.yml", "");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->listen_addresses, ElementsAre("127.0.0.1:9808"));
  EXPECT_TRUE(config->storage_path.empty());
}

TEST(Config, ShowsThePlaceOfAMistake) {
  EXPECT_THAT(problems_of("scenarois: [a]"), HasSubstr("wsprobe.yml:1:1: error: the configuration has no key"));
  EXPECT_THAT(problems_of("limits: {concurrency: 0}"), HasSubstr("from 1 to 10000"));
  EXPECT_THAT(problems_of("vantage: [example.com]"), HasSubstr("the port is missing"));
  EXPECT_THAT(problems_of("storage: {keep_size: 12 parsecs}"), HasSubstr("512MB"));
  EXPECT_THAT(problems_of("storage: {keep_for: soon}"), HasSubstr("keep_for"));
  EXPECT_THAT(problems_of("probe_targets: [ftp://x]"), HasSubstr("probe_targets"));
}

TEST(Sizes, HaveUnits) {
  EXPECT_EQ(parse_size("512MB"), 512'000'000);
  EXPECT_EQ(parse_size("2GiB"), 2LL << 30U);
  EXPECT_EQ(parse_size("1500000"), 1'500'000);
  for (const char* bad : {"", "MB", "-5MB", "5XB", "1KB", "9999999999999GB", "1.5GB"})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Ages, MayBeDays) {
  EXPECT_EQ(parse_age("90d"), 24h * 90);
  EXPECT_EQ(parse_age("2w"), 24h * 14);
  EXPECT_EQ(parse_age("1y"), 24h * 365);
  EXPECT_EQ(parse_age("12h"), 12h);
  for (const char* bad : {"", "d", "0d", "-1d", "9999d", "1.5d"}) EXPECT_FALSE(parse_age(bad)) << bad;
}

TEST(HostAndPort, AreTakenApart) {
  EXPECT_EQ(parse_host_and_port(":9808")->host, "");
  EXPECT_EQ(parse_host_and_port("0.0.0.0:0")->port, 0);
  EXPECT_EQ(parse_host_and_port("[::]:9808")->host, "::");
  for (const char* bad : {"", "host", "host:", "host:x", "host:65536", "::1:80", "host:-1"}) {
    EXPECT_FALSE(parse_host_and_port(bad)) << bad;
  }
}

// ---- the JSON Schema for editors has what the reader has ----

nlohmann::json schema() {
  std::ifstream stream(WSPROBE_SOURCE_DIR "/docs/wsprobe.yml.schema.json");
  return nlohmann::json::parse(stream);
}

std::set<std::string> names_of(const scenario::KeyTable& table) {
  std::set<std::string> names;
  for (const scenario::Key& key : table.keys) names.emplace(key.name);
  return names;
}

std::set<std::string> names_of(const nlohmann::json& object) {
  std::set<std::string> names;
  for (const auto& property : object.at("properties").items()) names.insert(property.key());
  EXPECT_EQ(object.at("additionalProperties"), false);
  return names;
}

TEST(ConfigSchema, HasTheKeysOfTheReader) {
  const nlohmann::json top = schema();
  EXPECT_EQ(names_of(top), names_of(config_keys));
  EXPECT_EQ(names_of(top.at("properties").at("limits")), names_of(limits_keys));
  EXPECT_EQ(names_of(top.at("properties").at("storage")), names_of(storage_keys));
  EXPECT_EQ(names_of(top.at("properties").at("web")), names_of(web_keys));
}

TEST(ConfigSchema, HasTheDefaultsOfTheReader) {
  const nlohmann::json top = schema().at("properties");
  const Config config;
  EXPECT_EQ(top.at("/limits/properties/concurrency/default"_json_pointer), config.concurrency);
  const auto text = [&](const char* pointer) {
    return top.at(nlohmann::json::json_pointer(pointer)).get<std::string>();
  };
  EXPECT_EQ(parse_age(text("/storage/properties/keep_for/default")), config.retention.age);
  EXPECT_EQ(parse_size(text("/storage/properties/keep_size/default")), config.retention.bytes);
  EXPECT_THAT(config.listen_addresses, ElementsAre(text("/web/properties/listen_address/default")));
}

TEST(ConfigSchema, TakesWhatTheReaderTakes) {
  const auto pattern = [](const char* pointer) {
    return std::regex(schema().at(nlohmann::json::json_pointer(pointer)).get<std::string>());
  };
  const std::regex age = pattern("/properties/storage/properties/keep_for/pattern");
  for (const std::string word : {"90d", "2w", "1y", "12h", "1h30m", "", "soon", "d", "90", "-1d"}) {
    EXPECT_EQ(std::regex_search(word, age), parse_age(word).has_value()) << word;
  }
  const std::regex size = pattern("/properties/storage/properties/keep_size/pattern");
  for (const std::string word : {"512MiB", "2GB", "1000000", "64000000B", "12 parsecs", "MB", "1.5GB", "-2GB"}) {
    EXPECT_EQ(std::regex_search(word, size), parse_size(word).has_value()) << word;
  }
}

}  // namespace
}  // namespace wsprobe::monitor
