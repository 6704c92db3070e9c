// A command line that cannot be used, and how it is shown: the message, the line itself with a caret, what would do.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wsprobe::app {

struct UsageError {
  std::string message;
  std::string help;    ///< the allowed values, the nearest known word, or what to do; may be empty
  std::string option;  ///< its names as "-H,--header"; empty: a positional argument
  std::string value;   ///< the offending argument; empty: the option itself, or, without one, the end of the line
};

/// The whole message, with a newline at the end. `arguments` is the command line without the program's name. Secrets
/// are not repeated: header values, queries and user info of URLs, and what follows an option that sounds like one.
[[nodiscard]] std::string render(const UsageError& error, std::span<const std::string> arguments);

/// Whether a field, parameter or option of this name is likely to hold a credential.
[[nodiscard]] bool sounds_secret(std::string_view name);

/// A URL without its user info and with the values of its query hidden. Any other text as it is.
[[nodiscard]] std::string without_secrets(std::string_view url);

}  // namespace wsprobe::app
