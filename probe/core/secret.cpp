#include "core/secret.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace wsprobe {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

enum class HexCase : std::uint8_t { upper, lower };

std::string percent_encode_in(std::string_view text, HexCase hex_case, std::string_view space) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else if (c == ' ') {
      out += space;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += hex_case == HexCase::upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
    }
  }
  return out;
}

std::string json_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t offset = 0; offset < 3; ++offset) {
      group = group << 8U | (at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      const bool padding = at + digit > text.size();
      out += padding ? '=' : alphabet[group >> (18U - 6U * digit) & 0x3FU];
    }
  }
  return out;
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

void Redactor::add(const SecretPtr& secret) {
  const std::string& value = secret->reveal();
  if (value.empty()) return;
  std::vector<std::string> patterns{value};
  if (value.size() >= 4) {
    patterns.push_back(percent_encode_in(value, HexCase::upper, "%20"));
    patterns.push_back(percent_encode_in(value, HexCase::lower, "%20"));
    patterns.push_back(percent_encode_in(value, HexCase::upper, "+"));
    patterns.push_back(percent_encode_in(value, HexCase::lower, "+"));
    patterns.push_back(json_escape(value));
    patterns.push_back(html_escape(value));
    patterns.push_back(base64(value));
  }
  for (std::string& pattern : patterns) {
    const bool known = std::any_of(needles_.begin(), needles_.end(),
                                   [&](const Needle& needle) { return needle.pattern == pattern; });
    if (!known) needles_.push_back({std::move(pattern), "[redacted:" + secret->name() + "]"});
  }
  std::sort(needles_.begin(), needles_.end(), [](const Needle& left, const Needle& right) {
    return left.pattern.size() > right.pattern.size();
  });
}

std::string Redactor::operator()(std::string_view text) const {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto needle = std::find_if(needles_.begin(), needles_.end(), [&](const Needle& candidate) {
      return text.substr(at, candidate.pattern.size()) == candidate.pattern;
    });
    if (needle == needles_.end()) {
      out += text[at++];
    } else {
      out += needle->replacement;
      at += needle->pattern.size();
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) { return percent_encode_in(text, HexCase::upper, "%20"); }

}  // namespace wsprobe
