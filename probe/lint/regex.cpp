#include "lint/regex.hpp"

#include <algorithm>
#include <bitset>
#include <cctype>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "lint/bounds.hpp"

namespace wsprobe::lint {
namespace {

constexpr std::size_t maximum_pattern = 1024;
constexpr std::size_t maximum_text = 1024;  // a character may cost some stack
constexpr std::size_t maximum_steps = 100'000;
constexpr int maximum_repeats = 1000;
constexpr int maximum_depth = 40;

using CharacterSet = std::bitset<256>;

struct Piece;
using Sequence = std::vector<Piece>;
using Alternatives = std::vector<Sequence>;

enum class PieceKind : std::uint8_t { set, group, begin, end, word_boundary };

struct Piece {
  PieceKind kind = PieceKind::set;
  CharacterSet set;
  std::shared_ptr<const Alternatives> alternatives;  // of a group
  int capture = 0;                                   // its number; 0: none
  int least = 1;
  int most = 1;
  bool greedy = true;
};

std::size_t index_of(char c) { return static_cast<unsigned char>(c); }

char only_member(const CharacterSet& set) {
  std::size_t code = 0;
  while (code + 1 < set.size() && !set[code]) ++code;
  return static_cast<char>(code);
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

CharacterSet class_of(char letter) {
  CharacterSet set;
  for (std::size_t code = 0; code < set.size(); ++code) {
    const char c = static_cast<char>(code);
    switch (std::tolower(letter)) {
      case 'd': set[code] = c >= '0' && c <= '9'; break;
      case 'w': set[code] = is_word(c); break;
      case 's': set[code] = c == ' ' || (c >= '\t' && c <= '\r'); break;
      default: break;
    }
  }
  return letter >= 'A' && letter <= 'Z' ? ~set : set;
}

/// Reads a pattern; `failed` where it holds what is not supported.
class PatternReader {
 public:
  PatternReader(std::string_view pattern, bool ignore_case) : pattern_(pattern), ignore_case_(ignore_case) {}

  std::optional<Alternatives> read() {
    Alternatives all = alternatives(0);
    if (failed_ || at_ < pattern_.size()) return std::nullopt;
    return all;
  }
  [[nodiscard]] int groups() const { return groups_; }

 private:
  [[nodiscard]] bool done() const { return failed_ || at_ >= pattern_.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : pattern_[at_]; }
  bool take(std::string_view text) {
    if (failed_ || pattern_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }

  Alternatives alternatives(int depth) {
    if (depth > maximum_depth) failed_ = true;
    Alternatives all(1);
    while (!done() && peek() != ')') {
      if (take("|")) {
        all.emplace_back();
      } else {
        piece(all.back(), depth);
      }
    }
    return all;
  }

  void piece(Sequence& sequence, int depth) {
    Piece one;
    const char c = pattern_[at_++];
    switch (c) {
      case '^': one.kind = PieceKind::begin; break;
      case '$': one.kind = PieceKind::end; break;
      case '.': one.set = ~CharacterSet().set(index_of('\n')); break;
      case '[': one.set = bracket(); break;
      case '(':
        if (!group(one, depth)) return;
        break;
      case '\\': escape(one); break;
      case '*':
      case '+':
      case '?': failed_ = true; return;
      default: one.set = literal(c);
    }
    quantifier(one);
    sequence.push_back(std::move(one));
  }

  CharacterSet literal(char c) const {
    CharacterSet set;
    set.set(index_of(c));
    if (ignore_case_) {
      set.set(index_of(static_cast<char>(std::tolower(static_cast<unsigned char>(c)))));
      set.set(index_of(static_cast<char>(std::toupper(static_cast<unsigned char>(c)))));
    }
    return set;
  }

  /// False where it was flags and no group.
  bool group(Piece& one, int depth) {
    one.kind = PieceKind::group;
    if (take("?i)")) {
      ignore_case_ = true;
      return false;
    }
    const bool outside = ignore_case_;  // (?i) ends with its group
    if (take("?i:")) {
      ignore_case_ = true;
    } else if (take("?P<") || (pattern_.substr(at_, 2) == "?<" && pattern_.substr(at_, 3) != "?<=" &&
                               pattern_.substr(at_, 3) != "?<!" && take("?<"))) {
      const std::size_t close = pattern_.find('>', at_);
      if (close == std::string_view::npos) return failed_ = true;
      at_ = close + 1;
      one.capture = ++groups_;
    } else if (!take("?:")) {
      if (peek() == '?') return failed_ = true;  // look-around, atomic groups
      one.capture = ++groups_;
    }
    one.alternatives = std::make_shared<const Alternatives>(alternatives(depth + 1));
    ignore_case_ = outside;
    if (!take(")")) failed_ = true;
    return true;
  }

  void escape(Piece& one) {
    if (done()) {
      failed_ = true;
      return;
    }
    const char c = pattern_[at_++];
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 's':
      case 'S': one.set = class_of(c); return;
      case 'A': one.kind = PieceKind::begin; return;
      case 'z':
      case 'Z': one.kind = PieceKind::end; return;
      case 'b': one.kind = PieceKind::word_boundary; return;
      case 'n': one.set = literal('\n'); return;
      case 't': one.set = literal('\t'); return;
      case 'r': one.set = literal('\r'); return;
      default:
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) failed_ = true;  // back references, \p{..}, \Q
        one.set = literal(c);
    }
  }

  CharacterSet bracket() {
    CharacterSet set;
    const bool negated = take("^");
    bool first = true;
    while (!done() && (peek() != ']' || first)) {
      first = false;
      if (pattern_.substr(at_, 2) == "[:") {
        failed_ = true;
        return set;
      }
      Piece low;
      char c = pattern_[at_++];
      if (c == '\\') {
        escape(low);
        if (low.kind != PieceKind::set) failed_ = true;  // \b is something else in here
        if (failed_) return set;
        if (low.set.count() > 1) {
          set |= low.set;
          continue;
        }
        c = only_member(low.set);
      }
      char high = c;
      if (peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
        ++at_;
        high = pattern_[at_++];
        if (high == '\\') {
          Piece escaped;
          escape(escaped);
          if (escaped.set.count() != 1) failed_ = true;
          if (failed_) return set;
          high = only_member(escaped.set);
        }
      }
      for (std::size_t code = index_of(c); code <= index_of(high); ++code) set |= literal(static_cast<char>(code));
    }
    if (!take("]")) failed_ = true;
    return negated ? ~set : set;
  }

  void quantifier(Piece& one) {
    if (take("*")) {
      one.least = 0;
      one.most = maximum_repeats;
    } else if (take("+")) {
      one.most = maximum_repeats;
    } else if (take("?")) {
      one.least = 0;
    } else if (peek() == '{' && at_ + 1 < pattern_.size() &&
               std::isdigit(static_cast<unsigned char>(pattern_[at_ + 1]))) {
      ++at_;
      one.least = number();
      one.most = one.least;
      if (take(",")) one.most = peek() == '}' ? maximum_repeats : number();
      if (!take("}") || one.most < one.least || one.most > maximum_repeats) failed_ = true;
    } else {
      return;
    }
    if (take("?")) one.greedy = false;
    if (peek() == '+' || peek() == '*') failed_ = true;  // possessive
  }

  int number() {
    int value = 0;
    while (std::isdigit(static_cast<unsigned char>(peek())) != 0 && value <= maximum_repeats) {
      value = value * 10 + (pattern_[at_++] - '0');
    }
    return value;
  }

  std::string_view pattern_;
  bool ignore_case_;
  std::size_t at_ = 0;
  int groups_ = 0;
  bool failed_ = false;
};

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class Matcher {
 public:
  Matcher(std::string_view text, int groups) : text_(text), captures_(static_cast<std::size_t>(groups) + 1) {}

  bool match(const Alternatives& pattern, std::size_t begin) {
    std::fill(captures_.begin(), captures_.end(), Span{});
    return any(pattern, begin, [&](std::size_t end) {
      captures_[0] = {begin, end};
      return true;
    });
  }
  [[nodiscard]] bool exhausted() const { return steps_ > maximum_steps; }
  [[nodiscard]] const std::vector<Span>& captures() const { return captures_; }

 private:
  using Then = std::function<bool(std::size_t)>;

  bool any(const Alternatives& alternatives, std::size_t at, const Then& then) {
    return std::any_of(alternatives.begin(), alternatives.end(),
                       [&](const Sequence& sequence) { return follow(sequence, 0, at, then); });
  }

  bool follow(const Sequence& sequence, std::size_t index, std::size_t at, const Then& then) {
    if (++steps_ > maximum_steps) return false;
    if (index == sequence.size()) return then(at);
    return repeat(sequence, index, 0, at, then);
  }

  /// Piece `index`, of which `count` have matched so far.
  bool repeat(const Sequence& sequence, std::size_t index, int count, std::size_t at, const Then& then) {
    if (++steps_ > maximum_steps) return false;
    const Piece& piece = sequence[index];
    const auto more = [&] {
      return count < piece.most && once(piece, at, [&](std::size_t next) {
               if (next == at && count >= piece.least) return false;  // a repetition of nothing
               return repeat(sequence, index, count + 1, next, then);
             });
    };
    const auto enough = [&] { return count >= piece.least && follow(sequence, index + 1, at, then); };
    return piece.greedy ? more() || enough() : enough() || more();
  }

  bool once(const Piece& piece, std::size_t at, const Then& then) {
    switch (piece.kind) {
      case PieceKind::set: return at < text_.size() && piece.set[index_of(text_[at])] && then(at + 1);
      case PieceKind::begin: return at == 0 && then(at);
      case PieceKind::end: return at == text_.size() && then(at);
      case PieceKind::word_boundary: {
        const bool before = at > 0 && is_word(text_[at - 1]);
        const bool behind = at < text_.size() && is_word(text_[at]);
        return before != behind && then(at);
      }
      case PieceKind::group: break;
    }
    return any(*piece.alternatives, at, [&](std::size_t end) {
      if (piece.capture == 0) return then(end);
      Span& span = captures_[static_cast<std::size_t>(piece.capture)];
      const Span before = std::exchange(span, {at, end});
      if (then(end)) return true;
      span = before;
      return false;
    });
  }

  std::string_view text_;
  std::vector<Span> captures_;
  std::size_t steps_ = 0;
};

}  // namespace

RegexMatch regex_search(std::string_view pattern, std::string_view text, LetterCase letter_case) {
  RegexMatch result;
  if (pattern.size() > maximum_pattern || text.size() > maximum_text) return result;
  PatternReader reader(pattern, letter_case == LetterCase::ignored);
  const auto alternatives = reader.read();
  if (!alternatives) return result;
  Matcher matcher(text, reader.groups());
  for (std::size_t begin = 0; begin <= text.size(); ++begin) {
    const bool found = matcher.match(*alternatives, begin);
    if (matcher.exhausted()) return result;
    if (!found) continue;
    result.matches = Tells::yes;
    for (const Span& span : matcher.captures())
      result.groups.emplace_back(text.substr(span.begin, span.end - span.begin));
    result.begin = matcher.captures().front().begin;
    result.end = matcher.captures().front().end;
    return result;
  }
  result.matches = Tells::no;
  return result;
}

std::string with_groups(std::string_view replacement, char sign, const RegexMatch& match) {
  std::string out;
  for (std::size_t at = 0; at < replacement.size() && out.size() < longest_value; ++at) {
    const bool braced = replacement.substr(at + 1, 1) == "{";
    const std::size_t digit = at + (braced ? 2 : 1);
    const bool reference = replacement[at] == sign && digit < replacement.size() &&
                           std::isdigit(static_cast<unsigned char>(replacement[digit])) != 0 &&
                           (!braced || replacement.substr(digit + 1, 1) == "}");
    const std::size_t group = reference ? static_cast<std::size_t>(replacement[digit] - '0') : 0;
    if (!reference || group >= match.groups.size()) {
      out += replacement[at];
      continue;
    }
    out += match.groups[group];
    at = digit + (braced ? 1 : 0);
  }
  return out;
}

}  // namespace wsprobe::lint
