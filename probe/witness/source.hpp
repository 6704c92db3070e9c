// One witness: where its log comes from, and what is looked for in it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "witness/command_log.hpp"
#include "witness/log_file.hpp"
#include "witness/search.hpp"

namespace wsprobe::witness {

class Source {
 public:
  /// `redactor` is used as long as the source lives.
  static std::unique_ptr<Source> of_file(const std::string& path, LogOwner owner, const Marks& marks,
                                         const Redactor& redactor);
  /// Variables whose values the redactor knows are kept from the command.
  static std::unique_ptr<Source> of_command(std::vector<std::string> argv, LogOwner owner, const Marks& marks,
                                            const Redactor& redactor);

  /// Before the first request: what is there now is old. Nothing waits; is_open() is asked until it is true, or
  /// stop_waiting() says that this has had its time.
  void open();
  bool is_open(TimePoint now);
  void stop_waiting(TimePoint now);

  /// Reads what is new. True when as many lines are there as these exchanges can have left.
  bool poll(std::span<StepReport* const> exchanges, TimePoint now);
  /// A file was read, or a command has run once through, since settle().
  [[nodiscard]] bool was_read() const { return was_read_; }
  /// Appends to the exchanges' `logged`.
  void settle(std::span<StepReport* const> exchanges);
  /// All text redacted. `problem` says why there is nothing, where there is nothing.
  [[nodiscard]] WitnessReport report() const;

 private:
  using Log = std::variant<std::unique_ptr<LogFile>, CommandLog>;
  Source(Log log, Search search, const Redactor& redactor)
      : log_(std::move(log)), search_(std::move(search)), redactor_(redactor) {}
  [[nodiscard]] std::string problem_of_log() const;

  Log log_;
  Search search_;
  const Redactor& redactor_;
  bool was_read_ = false;
  bool incomplete_ = false;
};

}  // namespace wsprobe::witness
