#include "app/progress.hpp"

#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "app/output.hpp"
#include "core/text.hpp"

namespace wsprobe::app {
namespace {

constexpr std::size_t longest_line = 78;  // never wraps, so that one line is all there is to erase
constexpr auto patience = std::chrono::seconds(1);
constexpr auto interval = std::chrono::milliseconds(500);
constexpr std::string_view erase_line = "\r\033[K";

bool is_watched() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace

Progress::Progress(asio::io_context& context, std::string title) : finished_(context), title_(std::move(title)) {}

void Progress::draw(TimePoint begin) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - begin).count();
  const std::string text = escape_for_display(what_.empty() ? title_ : title_ + ": " + what_);
  print_to_stderr(fmt::format("{}{} ({} s)", erase_line, shorten(text, longest_line - 10), seconds));
}

net::awaitable<void> Progress::show() {
  if (!is_watched()) co_return;
  const TimePoint begin = SteadyClock::now();
  co_await finished_.wait(begin + patience);
  if (finished_.is_set()) co_return;
  while (!finished_.is_set()) {
    draw(begin);
    co_await finished_.wait(SteadyClock::now() + interval);
  }
  print_to_stderr(erase_line);
}

}  // namespace wsprobe::app
