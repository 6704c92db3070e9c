// The output of a command as a log that grows: what it prints now and did not print before the run is new.
//
// The command is run once before the first request, so that it is known what is old. `docker logs` prints all of it
// again afterwards, `--tail` and `--since` a window that has slid on: the new output begins with what the old one ended
// with, and what follows is new. A command that does not end (`-f`) is followed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "witness/command.hpp"
#include "witness/log_file.hpp"

namespace wsprobe::witness {

class CommandLog {
 public:
  CommandLog(std::vector<std::string> argv, Command::KeepVariable keep)
      : argv_(std::move(argv)), keep_(std::move(keep)) {}

  /// Starts the run before the first request. began() polls it; true once it is known what is old.
  void begin();
  bool began(TimePoint now);
  /// It has had its time. If it still runs it is followed from now on.
  void stop_waiting(TimePoint now);

  /// Polls the command, and runs it once more where it has ended. What is new, if anything is known already.
  [[nodiscard]] NewLines read(TimePoint now);
  /// Since rest(), a whole run has been read, or the output of a command that is followed.
  [[nodiscard]] bool took_a_run() const { return took_a_run_; }
  /// Ends what is still running, unless it is followed: what it prints after the next exchange has to be a new run's.
  void rest();

  /// Why it says nothing, in words, unredacted; empty where it was read.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  using Hashes = std::vector<std::uint64_t>;
  struct Stream {
    Hashes old;             ///< of the lines it printed the last time
    std::size_t taken = 0;  ///< bytes, of a command that is followed
    LineSplitter splitter;
  };
  void start();
  void note_problem();
  void take_new(Stream& stream, const std::string& text, NewLines& out) const;
  void take_appended(Stream& stream, const std::string& text, NewLines& out) const;

  std::vector<std::string> argv_;
  Command::KeepVariable keep_;
  std::optional<Command> command_;
  Stream streams_[2];
  TimePoint last_output_{};
  TimePoint last_run_{};
  bool followed_ = false;
  bool knows_the_past_ = false;  ///< what was old when the run began
  bool took_a_run_ = false;
  std::string problem_;
};

/// How many lines at the beginning of `now` are old: the longest beginning that `before` ended with. Linear.
[[nodiscard]] std::size_t count_old(const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& now);

}  // namespace wsprobe::witness
