#include "exchange/message_expectation.hpp"

#include <algorithm>
#include <regex>

#include "wire/json_document.hpp"

namespace wsprobe::exchange {
namespace {

constexpr std::size_t searched_bytes = 4096;

bool matches_json(const ExpectJson& expected, std::string_view message) {
  const auto document = wire::JsonDocument::parse(message);
  return document && std::all_of(expected.values.begin(), expected.values.end(), [&](const auto& value) {
           return document->typed_scalar_at(value.first) == value.second;
         });
}

}  // namespace

struct MessageMatcher::Pattern {
  std::regex regex;
};

Result<MessageMatcher> MessageMatcher::make(const MessageExpectation& expectation) {
  MessageMatcher matcher(expectation);
  if (const auto* expected = std::get_if<ExpectRegex>(&expectation)) {
    // libstdc++'s own matcher may take exponential time, and its input is a peer's; this one is bounded.
    constexpr auto flags = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;
    try {
      matcher.pattern_ = std::make_shared<const Pattern>(Pattern{std::regex(expected->pattern, flags)});
    } catch (const std::regex_error& problem) {
      return tl::unexpected(make_error(Phase::message, Reason::bad_configuration,
                                       "the regular expression cannot be used: " + std::string(problem.what())));
    }
  }
  return matcher;
}

bool MessageMatcher::matches(std::string_view message) const {
  if (const auto* text = std::get_if<ExpectText>(expectation_)) return message == text->text;
  if (const auto* json = std::get_if<ExpectJson>(expectation_)) return matches_json(*json, message);
  if (!pattern_) return true;
  const std::string_view searched = message.substr(0, searched_bytes);
  return std::regex_search(searched.begin(), searched.end(), pattern_->regex);
}

}  // namespace wsprobe::exchange
