// How far a configuration is followed that grows while it is followed: variables made of variables, files that include
// each other. What is beyond is cut off or unknown, and no proxy works with it.
#pragma once

#include <cstddef>

namespace wsprobe::lint {

/// Of a path or a variable, in bytes. nginx, Apache and HAProxy refuse request lines of more.
inline constexpr std::size_t longest_value = 16384;
inline constexpr std::size_t most_directives = 200'000;  ///< with included files in their places
inline constexpr std::size_t most_findings = 1000;
inline constexpr std::size_t most_tests = 1'000'000;  ///< of access control lists, for one request

}  // namespace wsprobe::lint
