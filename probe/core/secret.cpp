#include "core/secret.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace wsprobe {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

Secret::~Secret() {
  // Volatile, so that the wipe of a dying object is not optimised away.
  volatile char* bytes = value_.data();
  for (std::size_t at = 0; at < value_.size(); ++at) bytes[at] = 0;
}

void Text::append(std::string literal) {
  if (literal.empty()) return;
  if (!parts_.empty() && !parts_.back().secret) {
    parts_.back().literal += literal;
  } else {
    parts_.push_back({std::move(literal), nullptr});
  }
}

void Text::append(SecretPtr secret) { parts_.push_back({{}, std::move(secret)}); }

void Text::append(const Text& text) {
  for (const Part& part : text.parts_) {
    if (part.secret) {
      append(part.secret);
    } else {
      append(part.literal);
    }
  }
}

std::string Text::reveal() const {
  std::string out;
  for (const Part& part : parts_) out += part.secret ? part.secret->reveal() : part.literal;
  return out;
}

std::string Text::redacted() const {
  std::string out;
  for (const Part& part : parts_) out += part.secret ? "${" + part.secret->name() + "}" : part.literal;
  return out;
}

bool Text::has_secret() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.secret != nullptr; });
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace wsprobe
