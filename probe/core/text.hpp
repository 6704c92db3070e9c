// Text of a peer on its way to a person: nothing it wrote may steer a terminal or break a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wsprobe {

/// Control characters (C0, DEL, C1), invalid UTF-8, bidirectional overrides and line separators become \n, \t, \xNN or
/// \u{NNNN}; a backslash becomes \\. What is left is printable UTF-8 on one line.
[[nodiscard]] std::string escape_for_display(std::string_view text);

/// The same, but a backslash stays one: for sentences of ours that quote a peer, and for what is copied from where it
/// is shown (a line of a file, a remedy).
[[nodiscard]] std::string printable(std::string_view text);

/// Without their newlines. One at the end begins no further line.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

/// Whether all of it is.
[[nodiscard]] bool is_utf8(std::string_view text);

/// At most `bytes` of text, cut between UTF-8 characters, with "..." in place of the rest.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t bytes);

/// The length of the valid UTF-8 sequence that starts at `text[at]` (1 to 4), or 0 where none does.
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace wsprobe
