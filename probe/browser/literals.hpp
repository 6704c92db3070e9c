// WebSocket URLs that stand in a script as they are: what is left to say where the script cannot be run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wsprobe::browser {

inline constexpr std::size_t most_literals = 50;

struct Literal {
  std::string url;  ///< at most 256 bytes
  std::size_t line = 0;
  std::size_t column = 0;  ///< in bytes, from 1
  bool whole = true;       ///< false: the text goes on with a part that the script computes (`wss://${host}/ws`)
};

/// Each in the order of the text; `wss:\/\/` is read as a string in JSON or JavaScript would be. Comments are not told
/// apart from code.
[[nodiscard]] std::vector<Literal> find_literals(std::string_view script);

/// Where `name` is given a value ("WS_BASE_URL =", "WS_BASE_URL:"), and not compared. Lines, from 1.
[[nodiscard]] std::vector<std::size_t> find_assignments(std::string_view script, std::string_view name);

}  // namespace wsprobe::browser
