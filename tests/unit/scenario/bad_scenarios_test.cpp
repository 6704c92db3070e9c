// Every file in tests/data/scenarios/bad is refused with exactly the text of the .err file beside it.
//
// After a deliberate change of a message: WSPROBE_UPDATE_GOLDENS=1 ctest -R bad_scenarios, then read the diff.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenario/loader.hpp"
#include "unit/scenario/fake_environment.hpp"
#include "unit/scenario/scenario_files.hpp"

namespace wsprobe::scenario {
namespace {

const std::filesystem::path folder = std::filesystem::path(WSPROBE_SOURCE_DIR) / "tests/data/scenarios/bad";

std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class BadScenario : public testing::TestWithParam<std::string> {};

TEST_P(BadScenario, IsRefusedInTheseWords) {
  const std::string file = GetParam() + ".yaml";
  const auto loaded = load_text(read(folder / file), file, fake_environment(), Credentials::required);
  ASSERT_FALSE(loaded) << "it loads";
  const std::string text = render_all(loaded.error());
  EXPECT_EQ(text.find(secret_mark), std::string::npos) << text;
  EXPECT_EQ(text.find("hush"), std::string::npos) << text;

  const std::filesystem::path golden = folder / (GetParam() + ".err");
  if (std::getenv("WSPROBE_UPDATE_GOLDENS") != nullptr) std::ofstream(golden, std::ios::binary) << text;
  EXPECT_EQ(text, read(golden));
}

INSTANTIATE_TEST_SUITE_P(File, BadScenario, testing::ValuesIn(scenarios_in(folder)), without_hyphens);

TEST(BadScenarios, AreMany) { EXPECT_GE(scenarios_in(folder).size(), 40U); }

TEST(BadScenarios, HaveNoErrFileWithoutAScenario) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(entry.path()).replace_extension(".yaml")))
        << entry.path();
  }
}

}  // namespace
}  // namespace wsprobe::scenario
