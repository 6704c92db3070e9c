// What is wrong with a scenario file, and where.
//
// Diagnostics collects; what a person sees is made once, at the end, when it is known which parts of the file must not
// be shown because a credential stands there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wsprobe::scenario {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  std::string file;
  int line = 0;    ///< from 1; 0: the file as a whole
  int column = 0;  ///< from 1, in characters
  std::string message;
  std::string source_line;  ///< the line as it stands in the file, credentials hidden; empty where it is not shown
  std::string help;         ///< "did you mean `path`?", or the allowed values
  Severity severity = Severity::error;

  /// "file:line:column: error: message", the source line, a caret, the help. No line end after the last line.
  [[nodiscard]] std::string render() const;
};

/// A place in the text, as yaml-cpp counts: line and byte, both from 1. Line 0: the file as a whole.
struct Position {
  int line = 0;
  int column = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

class Diagnostics {
 public:
  /// At most this many are kept; a file with more has one mistake that causes the rest.
  static constexpr std::size_t limit = 100;

  /// `text` has to outlive this.
  Diagnostics(std::string file, std::string_view text);

  void error(Position at, std::string message, std::string help = {});
  void warn(Position at, std::string message, std::string help = {});

  /// Nothing between the two places is ever shown.
  void hide(Position from, Position to);
  /// The line is not shown at all.
  void hide_line(int line);

  /// Where `needle` stands in the line of `from`, at or behind it; `from` if it does not.
  [[nodiscard]] Position find(Position from, std::string_view needle) const;
  /// The line without its line end; empty where there is none.
  [[nodiscard]] std::string_view line(int number) const;
  [[nodiscard]] int line_count() const { return static_cast<int>(lines_.size()); }

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  /// In the order of the file.
  [[nodiscard]] std::vector<Diagnostic> take(Severity severity) const;

 private:
  struct Entry {
    Position at;
    std::string message;
    std::string help;
    Severity severity;
  };
  struct Hidden {
    Position from;
    Position to;
  };

  void add(Entry entry);
  [[nodiscard]] std::string shown_line(int number) const;

  std::string file_;
  std::vector<std::string_view> lines_;
  std::vector<Entry> entries_;
  std::vector<Hidden> hidden_;
  std::size_t errors_ = 0;
};

/// `text` in backquotes, made printable and at most 60 bytes long.
[[nodiscard]] std::string backquoted(std::string_view text);

}  // namespace wsprobe::scenario
