#include "core/redactor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace wsprobe {
namespace {

constexpr std::size_t shortest_tolerant = 4;   // bytes of a secret
constexpr std::size_t shortest_beginning = 6;  // characters of a secret that was cut
constexpr std::size_t longest_escape = 10;     // bytes; an escape that is cut is shorter

/// One character as it stands in a text.
struct Written {
  char character;
  std::size_t length;
};

std::optional<unsigned> digit_of(char c, unsigned base) {
  unsigned digit = base;
  if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
  return digit < base ? std::optional(digit) : std::nullopt;
}

enum class Numbers : unsigned { ascii = 0x7F, bytes = 0xFF };

/// The number of a character, in between `least` and `most` digits, at the beginning of `text`.
std::optional<Written> read_number(std::string_view text, unsigned base, std::size_t least, std::size_t most,
                                   Numbers numbers) {
  unsigned value = 0;
  std::size_t length = 0;
  for (; length < std::min(most, text.size()); ++length) {
    const auto digit = digit_of(text[length], base);
    if (!digit) break;
    value = value * base + *digit;
  }
  if (length < least || value > static_cast<unsigned>(numbers)) return std::nullopt;
  return Written{static_cast<char>(value), length};
}

std::optional<Written> longer_by(std::optional<Written> written, std::size_t length) {
  if (written) written->length += length;
  return written;
}

/// Bounded, so that a text of nothing else is not read to its end from each of its characters.
std::size_t run_of_backslashes(std::string_view text) {
  const std::string_view head = text.substr(0, longest_escape - 2);
  return std::min(head.find_first_not_of('\\'), head.size());
}

/// \" \/ \\ \u002f \x2f. Text that was escaped twice has more backslashes than one.
std::optional<Written> read_backslash(std::string_view text) {
  const std::size_t run = run_of_backslashes(text);
  if (run == 0) return std::nullopt;
  const std::string_view rest = text.substr(run);
  if (rest.starts_with('u')) {
    if (const auto number = read_number(rest.substr(1), 16, 4, 4, Numbers::ascii)) return longer_by(number, run + 1);
  } else if (rest.starts_with('x')) {
    if (const auto number = read_number(rest.substr(1), 16, 2, 2, Numbers::bytes)) return longer_by(number, run + 1);
  } else if (rest.starts_with('"') || rest.starts_with('\'') || rest.starts_with('/')) {
    return Written{rest.front(), run + 1};
  }
  return Written{'\\', run};
}

std::optional<Written> read_entity(std::string_view text) {
  struct Entity {
    std::string_view name;
    char character;
  };
  static constexpr std::array<Entity, 6> named{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '}}};
  if (!text.starts_with('&')) return std::nullopt;
  for (const Entity& entity : named) {
    if (text.starts_with(entity.name)) return Written{entity.character, entity.name.size()};
  }
  if (!text.starts_with("&#")) return std::nullopt;
  const bool is_hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const std::size_t before = is_hex ? 3 : 2;
  const auto number = longer_by(read_number(text.substr(before), is_hex ? 16 : 10, 1, 5, Numbers::ascii), before);
  if (!number || number->length >= text.size() || text[number->length] != ';') return std::nullopt;
  return longer_by(number, 1);
}

std::optional<Written> read_escape(std::string_view text) {
  if (text.starts_with('%')) return longer_by(read_number(text.substr(1), 16, 2, 2, Numbers::bytes), 1);
  if (text.starts_with('+')) return Written{' ', 1};
  if (const auto entity = read_entity(text)) return entity;
  return read_backslash(text);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(char left, char right) { return lower(left) == lower(right); }

bool begins_with_ellipsis(std::string_view text) { return text.starts_with("...") || text.starts_with("\u2026"); }

/// How long an escape is that `text` begins with and that was cut; 0 for none.
std::size_t unfinished_escape(std::string_view text) {
  if (text.empty() || std::string_view("%\\&").find(text.front()) == std::string_view::npos) return 0;
  const std::string_view head = text.substr(0, longest_escape);
  const std::size_t sign = std::max<std::size_t>(run_of_backslashes(text), 1);
  const std::size_t length = std::min(head.find_first_not_of("#xu0123456789abcdefABCDEF", sign), head.size());
  const bool is_cut = length == text.size() || begins_with_ellipsis(text.substr(length));
  return is_cut ? length : 0;
}

/// After what a text said of a secret: did it stop there, though the secret goes on?
bool is_cut_here(std::string_view rest, Ending ending) {
  rest.remove_prefix(unfinished_escape(rest));
  return begins_with_ellipsis(rest) || (rest.empty() && ending == Ending::cut);
}

struct Agreement {
  std::size_t of_secret = 0;  ///< characters
  std::size_t of_text = 0;    ///< bytes
};

Agreement agree_literally(std::string_view text, std::string_view secret) {
  const auto differ = std::mismatch(text.begin(), text.end(), secret.begin(), secret.end(), same);
  const auto length = static_cast<std::size_t>(differ.first - text.begin());
  return {length, length};
}

Agreement agree_with_escapes(std::string_view text, std::string_view secret) {
  Agreement agreement;
  while (agreement.of_secret < secret.size() && agreement.of_text < text.size()) {
    const std::string_view rest = text.substr(agreement.of_text);
    const char wanted = secret[agreement.of_secret];
    const auto escape = read_escape(rest);
    if (escape && same(escape->character, wanted)) {
      agreement.of_text += escape->length;
    } else if (same(rest.front(), wanted) && (escape || unfinished_escape(rest) == 0)) {
      agreement.of_text += 1;
    } else {
      break;
    }
    ++agreement.of_secret;
  }
  return agreement;
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

void Redactor::add(const SecretPtr& secret) {
  const std::string& value = secret->reveal();
  if (value.empty()) return;
  const std::string replacement = "[redacted:" + secret->name() + "]";
  if (value.size() < shortest_tolerant) {
    needles_.push_back({value, replacement, Reading::literal});
  } else {
    needles_.push_back({value, replacement, Reading::tolerant});
    needles_.push_back({base64(value), replacement, Reading::literal});
  }
  std::stable_sort(needles_.begin(), needles_.end(),
                   [](const Needle& left, const Needle& right) { return left.value.size() > right.value.size(); });
}

std::size_t Redactor::length_of(std::string_view text, const Needle& needle, Ending ending) {
  if (needle.reading == Reading::literal) return text.starts_with(needle.value) ? needle.value.size() : 0;
  const Agreement literal = agree_literally(text, needle.value);
  if (literal.of_secret == needle.value.size()) return literal.of_text;
  const Agreement escaped = agree_with_escapes(text, needle.value);
  if (escaped.of_secret == needle.value.size()) return escaped.of_text;
  const Agreement& further = escaped.of_secret > literal.of_secret ? escaped : literal;
  const bool is_beginning = further.of_secret >= shortest_beginning;
  return is_beginning && is_cut_here(text.substr(further.of_text), ending) ? further.of_text : 0;
}

std::string Redactor::operator()(std::string_view text, Ending ending) const {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    for (const Needle& needle : needles_) {
      length = length_of(text.substr(at), needle, ending);
      if (length == 0) continue;
      out += needle.replacement;
      break;
    }
    if (length == 0) out += text[at];
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

}  // namespace wsprobe
