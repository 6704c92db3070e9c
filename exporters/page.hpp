// Text for a terminal: rows of cells, wrapped paragraphs, colour or none, UTF-8 or plain ASCII.
//
// Widths count code points. Text is measured and wrapped before it is painted, so colour never moves anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

namespace wsprobe::exporters {

enum class Colour : std::uint8_t { none, ansi };
enum class Glyphs : std::uint8_t { ascii, utf8 };
enum class Tone : std::uint8_t { plain, strong, faint, good, bad, caution };

/// A piece of a row. `text` is shown as it is, so a peer's text has to be escaped before it gets here.
struct Cell {
  std::string text;
  Tone tone = Tone::plain;
  int width = 0;  ///< padded to so many columns; negative: aligned to the right of them
};

/// Three significant digits: "0.05 ms", "1.42 ms", "21.3 ms", "213 ms", "1.05 s".
[[nodiscard]] std::string readable(Duration duration);

/// Columns that `text` takes.
[[nodiscard]] int display_width(std::string_view text);

/// Looks like a space, and wrap() does not break there. It is written as an ordinary space.
inline constexpr std::string_view no_break_space = "\u00a0";

/// Lines of at most `width` columns, broken at spaces; a longer word stays whole, so that a URL can be copied. Never
/// empty.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, int width);

class Page {
 public:
  Page(Colour colour, Glyphs glyphs, int width) : colour_(colour), glyphs_(glyphs), width_(width) {}

  /// One of our own signs, by what the terminal can show.
  [[nodiscard]] std::string_view sign(std::string_view utf8, std::string_view ascii) const {
    return glyphs_ == Glyphs::utf8 ? utf8 : ascii;
  }
  [[nodiscard]] int width() const { return width_; }
  /// A page of the same kind with nothing on it.
  [[nodiscard]] Page empty_copy() const { return {colour_, glyphs_, width_}; }
  /// How many there are so far.
  [[nodiscard]] int lines() const;
  void append(const Page& other) { out_ += other.out_; }

  /// The cells one after the other, then `rest`, wrapped, its further lines indented to where it began.
  void row(int indent, const std::vector<Cell>& cells, std::string_view rest = {}, Tone rest_tone = Tone::plain);
  /// Wrapped.
  void paragraph(int indent, std::string_view text, Tone tone = Tone::plain);
  /// As it is, however long: something to copy.
  void verbatim(int indent, std::string_view line, Tone tone = Tone::plain);
  /// An empty line and a title, with what is to be known of what follows beside it.
  void heading(std::string_view title, std::string_view aside = {});
  void blank() { out_ += '\n'; }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void put(std::string_view text, Tone tone);
  void put_cells(int indent, const std::vector<Cell>& cells);
  void end_line();

  Colour colour_;
  Glyphs glyphs_;
  int width_;
  std::string out_;
};

}  // namespace wsprobe::exporters
