// Secrets have a type of their own.
//
// A Secret cannot be printed, formatted, compared or copied by accident; the only way to its text is reveal(), which is
// called where bytes go onto the wire (and by the Redactor). Text is what a scenario writes where a secret may stand
// ("Bearer ${valid}"): it knows which of its parts are secret, so it can be shown with the name in place of the value.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wsprobe {

class Secret {
 public:
  Secret(std::string name, std::string value) : name_(std::move(name)), value_(std::move(value)) {}
  ~Secret();
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  /// The name it has in the scenario: "valid".
  [[nodiscard]] const std::string& name() const { return name_; }

  /// The value, for the wire only.
  [[nodiscard]] const std::string& reveal() const { return value_; }

 private:
  std::string name_;
  std::string value_;  // wiped on destruction
};

using SecretPtr = std::shared_ptr<const Secret>;

/// Text with secret parts.
class Text {
 public:
  Text() = default;
  Text(std::string literal) { append(std::move(literal)); }  // NOLINT(google-explicit-constructor): literals are text
  Text(const char* literal) : Text(std::string(literal)) {}  // NOLINT(google-explicit-constructor)

  void append(std::string literal);
  void append(const char* literal) { append(std::string(literal)); }
  void append(SecretPtr secret);
  void append(const Text& text);

  /// For the wire only.
  [[nodiscard]] std::string reveal() const;
  /// With `${name}` in place of each secret.
  [[nodiscard]] std::string redacted() const;
  [[nodiscard]] bool has_secret() const;
  [[nodiscard]] bool empty() const { return parts_.empty(); }

  struct Part {
    std::string literal;  ///< used when `secret` is null
    SecretPtr secret;
  };
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
};

/// RFC 3986 percent-encoding of everything but unreserved characters.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace wsprobe
