// One line on standard error for a person who waits: what is being asked, and since when. It appears after a second and
// is erased at the end. Where standard error is no terminal there is none.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/event.hpp"

namespace wsprobe::app {

class Progress {
 public:
  Progress(asio::io_context& context, std::string title);

  /// What is being done now. Any text; it is escaped.
  void now(std::string_view what) { what_ = what; }
  /// Shows the line until finish(); returns at once where nobody watches.
  net::awaitable<void> show();
  void finish() { finished_.set(); }

 private:
  void draw(TimePoint begin) const;

  net::Event finished_;
  std::string title_;
  std::string what_;
};

}  // namespace wsprobe::app
