// What a message of the peer has to be.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.hpp"

namespace wsprobe::exchange {

/// The whole message.
struct ExpectText {
  std::string text;
};
/// Each pointer has to lead to a scalar that reads as the given text (see wire::JsonDocument::typed_scalar_at).
struct ExpectJson {
  std::vector<std::pair<std::string, std::string>> values;
};
/// ECMAScript syntax without back-references, searched in the first 4 KiB of the message.
struct ExpectRegex {
  std::string pattern;
};
using MessageExpectation = std::variant<std::monostate, ExpectText, ExpectJson, ExpectRegex>;

/// An expectation made ready to be asked many times. A text or binary message may meet it.
class MessageMatcher {
 public:
  /// Fails with bad_configuration where a pattern cannot be used.
  static Result<MessageMatcher> make(const MessageExpectation& expectation);

  /// std::monostate is met by any message.
  [[nodiscard]] bool matches(std::string_view message) const;

 private:
  struct Pattern;

  explicit MessageMatcher(const MessageExpectation& expectation) : expectation_(&expectation) {}

  const MessageExpectation* expectation_;  // of the caller, which outlives the matcher
  std::shared_ptr<const Pattern> pattern_;
};

}  // namespace wsprobe::exchange
