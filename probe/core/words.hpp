// A command line as a person writes it, taken apart into words without a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wsprobe {

/// As a POSIX shell splits words, and nothing else of a shell: white space parts words; '...' is literal; inside "..."
/// a backslash escapes only " \ $ and `; outside of quotes it escapes any character. Nothing is expanded, and the
/// characters that would do something in a shell (| & ; < > $ ` and parentheses outside of quotes) are refused,
/// because whoever writes them means them to work. At most 64 words of 4 KiB. The error says what is wrong, in words.
[[nodiscard]] tl::expected<std::vector<std::string>, std::string> split_words(std::string_view text);

}  // namespace wsprobe
