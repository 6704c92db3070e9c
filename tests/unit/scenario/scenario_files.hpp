// Tests that are about every scenario of a folder.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace wsprobe::scenario {

/// Without their ".yaml", sorted.
inline std::vector<std::string> scenarios_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// As the name of a test may be.
inline constexpr auto without_hyphens = [](const auto& row) {
  std::string name = row.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
};

}  // namespace wsprobe::scenario
