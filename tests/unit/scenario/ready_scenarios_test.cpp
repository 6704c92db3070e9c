// Every file in scenarios/ loads, with and without the credentials at hand.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenario/loader.hpp"
#include "unit/scenario/fake_environment.hpp"
#include "unit/scenario/scenario_files.hpp"

namespace wsprobe::scenario {
namespace {

const std::filesystem::path folder = std::filesystem::path(WSPROBE_SOURCE_DIR) / "scenarios";

/// Has every variable and every file that a scenario could name.
Environment generous_environment() {
  const Environment process = Environment::of_process();
  Environment environment = fake_environment();
  environment.variable = [](const std::string&) { return std::optional<std::string>("s3cr3t"); };
  environment.read_file = [process](const std::string& path) -> tl::expected<std::string, std::string> {
    return path.rfind("/run/secrets/", 0) == 0 ? "s3cr3t\n" : process.read_file(path);
  };
  return environment;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

class ReadyScenario : public testing::TestWithParam<std::string> {
 protected:
  const std::filesystem::path path_ = folder / (GetParam() + ".yaml");
};

TEST_P(ReadyScenario, Loads) {
  const auto loaded = load_file(path_, generous_environment(), Credentials::required);
  ASSERT_TRUE(loaded) << render_all(loaded.error());
  EXPECT_FALSE(loaded->steps.empty());
  EXPECT_TRUE(loaded->warnings.empty()) << render_all(loaded->warnings);
}

TEST_P(ReadyScenario, CanBeCheckedWithoutItsCredentials) {
  Environment environment = Environment::of_process();
  environment.variable = [](const std::string&) { return std::optional<std::string>(); };
  const auto loaded = load_file(path_, environment, Credentials::optional);
  ASSERT_TRUE(loaded) << render_all(loaded.error());
}

TEST_P(ReadyScenario, TellsEditorsItsSchemaAndReadersItsUse) {
  EXPECT_EQ(first_line(path_), "# yaml-language-server: $schema=scenario.schema.json");
  std::ifstream readme(folder / "README.md");
  const std::string text{std::istreambuf_iterator<char>(readme), {}};
  EXPECT_NE(text.find("(" + GetParam() + ".yaml)"), std::string::npos) << "scenarios/README.md does not list it";
}

INSTANTIATE_TEST_SUITE_P(File, ReadyScenario, testing::ValuesIn(scenarios_in(folder)), without_hyphens);

TEST(ReadyScenarios, IncidentIsWhatItWas) {
  const auto loaded = load_file(folder / "incident.yaml", generous_environment(), Credentials::required);
  ASSERT_TRUE(loaded) << render_all(loaded.error());
  EXPECT_EQ(loaded->name, "swarmlet");
  EXPECT_EQ(loaded->edge.display(), "wss://api.swarmlet.com/");
  ASSERT_EQ(loaded->steps.size(), 3U);
  EXPECT_EQ(std::get<HealthStep>(loaded->steps[0]).path, "/api/system/health");
  const auto& valid = std::get<UpgradeStep>(loaded->steps[1]);
  EXPECT_EQ(valid.credential, CredentialUse::valid);
  EXPECT_EQ(valid.ping, 3);
  EXPECT_EQ(valid.hold, std::chrono::seconds(1));
  const auto& invalid = std::get<UpgradeStep>(loaded->steps[2]);
  EXPECT_EQ(invalid.credential, CredentialUse::invalid);
  EXPECT_EQ(invalid.expect.answer, Expected::rejected_by_backend);
  EXPECT_EQ(invalid.expect.statuses, (std::vector<int>{401, 403}));
}

}  // namespace
}  // namespace wsprobe::scenario
