#include "app/process_list.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace wsprobe::app {
namespace {

void hide_value(std::span<char> header) {
  const auto colon = std::find(header.begin(), header.end(), ':');
  std::fill(colon != header.end() ? colon + 1 : header.begin(), header.end(), '*');
}

}  // namespace

void hide_header_values(std::span<char*> arguments) {
  constexpr std::string_view with_value = "--header=";
  bool is_value = false;
  for (char* const argument : arguments) {
    const std::span<char> text(argument, std::strlen(argument));
    const std::string_view word(argument);
    if (is_value) {
      hide_value(text);
      is_value = false;
    } else if (word == "-H" || word == "--header") {
      is_value = true;
    } else if (word.starts_with("-H")) {
      hide_value(text.subspan(2));
    } else if (word.starts_with(with_value)) {
      hide_value(text.subspan(with_value.size()));
    }
  }
}

}  // namespace wsprobe::app
