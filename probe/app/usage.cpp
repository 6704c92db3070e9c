#include "app/usage.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "core/ascii.hpp"
#include "core/text.hpp"

namespace wsprobe::app {
namespace {

constexpr std::string_view hidden = "***";
constexpr std::size_t longest_line = 100;

/// Options whose values are no secrets although they sound like it.
bool is_known_harmless(std::string_view option) {
  constexpr std::array<std::string_view, 10> harmless{
      "--token-file",   "--push-token-file",   "--token-env",     "--token-param", "--token-header",
      "--token-cookie", "--token-subprotocol", "--invalid-token", "--key",         "--without-credentials"};
  return std::find(harmless.begin(), harmless.end(), option) != harmless.end();
}

std::string hide_header_value(std::string_view field) {
  const std::size_t colon = field.find(':');
  return colon == std::string_view::npos ? std::string(hidden) : fmt::format("{}: {}", field.substr(0, colon), hidden);
}

/// One argument as it may be shown, given the one before it.
std::string shown(std::string_view argument, std::string_view previous) {
  if (previous == "-H" || previous == "--header") return hide_header_value(argument);
  if (previous.starts_with("--") && previous.find('=') == std::string_view::npos && sounds_secret(previous) &&
      !is_known_harmless(previous)) {
    return std::string(hidden);
  }
  if (argument.starts_with("-H") && argument.size() > 2) return "-H" + hide_header_value(argument.substr(2));
  const std::size_t equals = argument.find('=');
  if (argument.starts_with("--") && equals != std::string_view::npos) {
    const std::string_view option = argument.substr(0, equals);
    return fmt::format("{}={}", option, shown(argument.substr(equals + 1), option));
  }
  return without_secrets(argument);
}

std::string quoted(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_./:=@%+,*[]").find(c) != std::string_view::npos;
  };
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
  return plain ? text : "'" + text + "'";
}

bool names_option(std::string_view argument, std::string_view option) {
  return argument == option || (option.starts_with("--") && argument.starts_with(std::string(option) + "="));
}

/// The index of the offending argument; the number of arguments where it is something missing at the end.
std::size_t locate(const UsageError& error, std::span<const std::string> arguments) {
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (error.option.empty()) {
      if (!error.value.empty() && argument == error.value) return at;
      continue;
    }
    for (const std::string_view option : split(error.option, ',')) {
      if (error.value.empty() && names_option(argument, option)) return at;
      if (argument == fmt::format("{}={}", option, error.value) ||
          argument == fmt::format("{}{}", option, error.value)) {
        return at;
      }
      if (argument == option && at + 1 < arguments.size() && arguments[at + 1] == error.value) return at + 1;
    }
  }
  return arguments.size();
}

/// `diagnose` takes one word, a URL; any other may be a token that lost its option.
bool is_stray_word(std::span<const std::string> arguments, std::size_t at) {
  if (at == 0 || arguments[0] != "diagnose" || arguments[at].starts_with('-')) return false;
  const bool follows_an_option = arguments[at - 1].starts_with('-') && arguments[at - 1].find('=') == std::string::npos;
  return !follows_an_option && arguments[at].find("://") == std::string::npos;
}

struct Line {
  std::string text;
  std::size_t caret = 0;
  std::size_t caret_width = 1;
};

/// The arguments [first, last) with the place of `offender`.
Line line_of(std::span<const std::string> arguments, std::size_t first, std::size_t last, std::size_t offender) {
  Line line{first == 0 ? "wsprobe" : "wsprobe ...", 0, 1};
  for (std::size_t at = first; at < last; ++at) {
    const std::string_view previous = at == 0 ? std::string_view() : std::string_view(arguments[at - 1]);
    const std::string text =
        quoted(is_stray_word(arguments, at) ? std::string(hidden) : escape_for_display(shown(arguments[at], previous)));
    line.text += ' ';
    if (at == offender) {
      line.caret = line.text.size();
      line.caret_width = text.size();
    }
    line.text += text;
  }
  if (offender >= last) line.caret = line.text.size() + 1;
  if (last < arguments.size()) line.text += " ...";
  return line;
}

}  // namespace

bool sounds_secret(std::string_view name) {
  constexpr std::array<std::string_view, 10> words{"token",   "secret", "passw", "auth", "bearer",
                                                   "session", "cookie", "key",   "jwt",  "credential"};
  const std::string low = lower_case(name);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

std::string without_secrets(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  std::string out(url.substr(0, scheme + 3));
  std::string_view rest = url.substr(scheme + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::size_t at_sign = rest.substr(0, authority_end).rfind('@');
  if (at_sign != std::string_view::npos) {
    out += fmt::format("{}@", hidden);
    rest.remove_prefix(at_sign + 1);
  }
  const std::size_t question = rest.find('?');
  out += rest.substr(0, question);
  if (question == std::string_view::npos) return out;
  char separator = '?';
  for (const std::string_view pair : split(rest.substr(question + 1), '&')) {
    const std::size_t equals = pair.find('=');
    out += separator;
    out +=
        equals == std::string_view::npos ? std::string(hidden) : fmt::format("{}={}", pair.substr(0, equals), hidden);
    separator = '&';
  }
  return out;
}

std::string render(const UsageError& error, std::span<const std::string> arguments) {
  const std::size_t offender = locate(error, arguments);
  Line line = line_of(arguments, 0, arguments.size(), offender);
  if (line.text.size() > longest_line && !arguments.empty()) {
    const std::size_t first = offender >= 2 ? offender - 2 : 0;
    line = line_of(arguments, first, std::min(offender + 2, arguments.size()), offender);
  }
  std::string out = fmt::format("wsprobe: {}\n  {}\n  {}{}\n", error.message, line.text, std::string(line.caret, ' '),
                                std::string(std::max<std::size_t>(line.caret_width, 1), '^'));
  if (!error.help.empty()) out += fmt::format("  {}\n", error.help);
  return out;
}

}  // namespace wsprobe::app
