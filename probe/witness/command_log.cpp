#include "witness/command_log.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

namespace wsprobe::witness {
namespace {

/// After so long without output, what a command that does not end has printed is the past, and what it prints is new.
constexpr auto quiet_for = std::chrono::milliseconds(200);

/// Between two runs while lines are waited for.
constexpr auto pause = std::chrono::milliseconds(100);

/// journalctl's own remarks ("-- No entries --", "-- Boot 1f0c... --") come and go.
bool is_remark(const std::string& line) { return line.starts_with("-- "); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  LineSplitter splitter;
  splitter.take(text, lines);
  splitter.finish(lines);
  std::erase_if(lines, is_remark);
  return lines;
}

std::string last_line_of(const std::string& text) {
  std::vector<std::string> lines = lines_of(text);
  std::erase_if(lines, [](const std::string& line) { return line.empty(); });
  return lines.empty() ? std::string() : lines.back();
}

}  // namespace

std::size_t count_old(const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& now) {
  // The prefix function of Knuth, Morris and Pratt over `now`, then carried through `before`.
  std::vector<std::size_t> border(now.size());
  std::size_t length = 0;
  const auto advance = [&](std::uint64_t hash) {
    while (length > 0 && (length == now.size() || now[length] != hash)) length = border[length - 1];
    if (length < now.size() && now[length] == hash) ++length;
  };
  for (std::size_t at = 1; at < now.size(); ++at) {
    advance(now[at]);
    border[at] = length;
  }
  length = 0;
  for (const std::uint64_t hash : before) advance(hash);
  return length;
}

void CommandLog::start() {
  command_.reset();
  auto command = Command::start(argv_, keep_);
  if (!command) {
    problem_ = std::move(command.error());
    return;
  }
  command_.emplace(std::move(*command));
}

void CommandLog::begin() { start(); }

bool CommandLog::began(TimePoint now) {
  if (!command_ || command_->ended()) return true;
  if (command_->poll()) last_output_ = now;
  if (!command_->ended()) return false;
  NewLines past;
  take_new(streams_[0], command_->out(), past);
  take_new(streams_[1], command_->err(), past);
  // A failure is no past: what comes when it works again may be old. But grep fails where it finds nothing.
  const bool silent = command_->out().empty() && command_->err().empty();
  knows_the_past_ = !command_->overflowed() && (silent || command_->failure().empty());
  note_problem();
  return true;
}

void CommandLog::stop_waiting(TimePoint now) {
  if (!command_ || command_->ended()) return;
  followed_ = true;
  const bool printed = !command_->out().empty() || !command_->err().empty();
  knows_the_past_ = printed && now - last_output_ >= quiet_for;
  NewLines past;
  take_appended(streams_[0], command_->out(), past);
  take_appended(streams_[1], command_->err(), past);
}

void CommandLog::note_problem() {
  problem_.clear();
  if (command_->overflowed()) {
    problem_ = fmt::format("it prints more than {} MiB: let it print less (--since 5m, --tail 1000)",
                           most_output / (1024 * 1024));
  } else if (!command_->failure().empty()) {
    const std::string& last = last_line_of(command_->err().empty() ? command_->out() : command_->err());
    problem_ = command_->failure() + (last.empty() ? "" : ": " + last.substr(0, 200));
  }
}

void CommandLog::take_new(Stream& stream, const std::string& text, NewLines& out) const {
  std::vector<std::string> lines = lines_of(text);
  Hashes hashes;
  hashes.reserve(lines.size());
  for (const std::string& line : lines) hashes.push_back(std::hash<std::string>{}(line));
  const std::size_t old = count_old(stream.old, hashes);
  const bool lost = old == 0 && !stream.old.empty() && !lines.empty();
  if (lost || !knows_the_past_) {
    out.since_beginning = false;
    out.complete = false;
  }
  for (std::size_t at = old; at < lines.size(); ++at) {
    out.bytes += lines[at].size() + 1;
    out.lines.push_back(std::move(lines[at]));
  }
  stream.old = std::move(hashes);
}

void CommandLog::take_appended(Stream& stream, const std::string& text, NewLines& out) const {
  out.bytes += text.size() - stream.taken;
  stream.splitter.take(std::string_view(text).substr(stream.taken), out.lines);
  stream.taken = text.size();
  if (!knows_the_past_) {
    out.since_beginning = false;
    out.complete = false;
  }
}

NewLines CommandLog::read(TimePoint now) {
  NewLines out;
  if (command_ && command_->overflowed()) {
    took_a_run_ = true;  // it would print too much again
    return out;
  }
  if (!command_ || (command_->ended() && !followed_)) {
    if (took_a_run_ && now - last_run_ < pause) return out;
    start();
    last_run_ = now;
    if (!command_) took_a_run_ = true;
    return out;
  }
  command_->poll();
  if (followed_) {
    take_appended(streams_[0], command_->out(), out);
    take_appended(streams_[1], command_->err(), out);
    took_a_run_ = true;
    if (command_->ended()) note_problem();
    return out;
  }
  if (!command_->ended()) return out;
  took_a_run_ = true;
  last_run_ = now;
  note_problem();
  if (!command_->overflowed()) {
    take_new(streams_[0], command_->out(), out);
    take_new(streams_[1], command_->err(), out);
    knows_the_past_ = true;
  }
  return out;
}

void CommandLog::rest() {
  const bool ran = std::exchange(took_a_run_, false);
  if (followed_ || !command_ || command_->ended()) return;
  command_->kill();
  if (!ran) problem_ = "it did not end in time";
}

}  // namespace wsprobe::witness
