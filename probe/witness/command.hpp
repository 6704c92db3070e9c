// A command whose output is a log: `docker logs`, `journalctl`, `ssh host cat /var/log/...`.
//
// Run without a shell, with nothing to read, in a process group of its own, so that it and what it starts can be ended
// together. What it prints to stdout and stderr is read without ever waiting: whoever owns a Command polls it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wsprobe::witness {

/// Of stdout and stderr together. A command that prints more is ended.
inline constexpr std::size_t most_output = 8 * 1024 * 1024;

class Command {
 public:
  /// Which of our environment's variables the command gets.
  using KeepVariable = std::function<bool(std::string_view name, std::string_view value)>;

  /// The error says why it could not be started, in words.
  static tl::expected<Command, std::string> start(const std::vector<std::string>& argv, const KeepVariable& keep);
  /// The same with something to read on its standard input.
  static tl::expected<Command, std::string> start(const std::vector<std::string>& argv, const KeepVariable& keep,
                                                  std::string_view input);

  Command(Command&& other) noexcept;
  Command& operator=(Command&&) = delete;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();  ///< ends it and everything in its group

  /// Takes what it has printed. True where there was something new.
  bool poll();
  [[nodiscard]] bool ended() const { return child_ < 0; }
  /// Ends it and everything in its group, without waiting for that; failure() says so if it was still running.
  void kill();

  [[nodiscard]] const std::string& out() const { return streams_[0].text; }
  [[nodiscard]] const std::string& err() const { return streams_[1].text; }
  /// It printed more than most_output and was ended for it.
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  /// How it ended, in words ("it ended with exit code 1"); empty for exit code 0, and as long as it runs.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  static tl::expected<Command, std::string> spawn(const std::vector<std::string>& argv, const KeepVariable& keep,
                                                  int input);
  struct Stream {
    int descriptor = -1;
    std::string text;
  };
  Command(pid_t child, int out, int err);
  bool drain(Stream& stream);
  void close_streams();

  pid_t child_ = -1;
  Stream streams_[2];
  bool overflowed_ = false;
  std::string failure_;
};

}  // namespace wsprobe::witness
