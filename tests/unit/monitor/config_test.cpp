#include "monitor/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace wsprobe::monitor
