// What reading the parts of a report has in common.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exporters/json_place.hpp"

namespace wsprobe::exporters {

/// All enumerators up to and including the last.
template <typename Word, Word last>
std::span<const Word> all() {
  constexpr std::size_t count = static_cast<std::size_t>(last) + 1;
  static const auto words = [] {
    std::array<Word, count> list{};
    for (std::size_t at = 0; at < count; ++at) list[at] = static_cast<Word>(at);
    return list;
  }();
  return words;
}

template <typename Word, Word last>
Word read_word(const Place& place) {
  return place.word(all<Word, last>());
}

inline std::string text_or_empty(const Place& object, const char* key) {
  const auto place = object.find(key);
  return place ? place->text() : std::string();
}

template <typename Value, typename Read>
std::optional<Value> optional_of(const Place& object, const char* key, Read read) {
  const auto place = object.find(key);
  return place ? std::optional<Value>(read(*place)) : std::nullopt;
}

inline std::vector<std::string> read_texts(const Place& list) {
  std::vector<std::string> texts;
  for (const Place& item : list.items()) texts.push_back(item.text());
  return texts;
}

}  // namespace wsprobe::exporters
