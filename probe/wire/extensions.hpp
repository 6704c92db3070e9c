// What Sec-WebSocket-Extensions says (RFC 6455 section 9.1), and permessage-deflate's part of it (RFC 7692
// section 7.1).
//
// An answer is judged by the letter: the two sides have to read the same frames the same way, and a parameter that one
// of them does not know changes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/deflate.hpp"

namespace wsprobe::wire {

struct ExtensionParameter {
  std::string name;
  std::optional<std::string> value;  ///< without its quotes
};

struct Extension {
  std::string name;
  std::vector<ExtensionParameter> parameters;
};

inline constexpr std::string_view deflate_name = "permessage-deflate";

/// The elements of the list, empty ones passed over. None where it does not follow the grammar.
[[nodiscard]] std::optional<std::vector<Extension>> parse_extensions(std::string_view text);

/// Why it cannot be offered as permessage-deflate; none where it can. In words that follow the offer's text.
[[nodiscard]] std::optional<std::string> check_deflate_offer(const Extension& offer);

/// What `answer` makes of `offer`, or why it is no answer to it. Both are permessage-deflate, the offer a valid one.
[[nodiscard]] tl::expected<DeflateParameters, std::string> judge_deflate(const Extension& answer,
                                                                         const Extension& offer);

}  // namespace wsprobe::wire
