// When each scenario is due.
//
// A scenario of period P has slots at  start + (k + phase) * P + jitter(k),  k = 0, 1, 2 ...  The phase comes from a
// hash of its name, so that thousands of scenarios spread over the period and keep their places through a reload; the
// jitter keeps them from beating with what the target does every minute. Slots are computed from the start and not from
// the run before, so nothing drifts. Pure: the time is handed in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "core/clock.hpp"

namespace wsprobe::monitor {

struct Period {
  std::string name;
  Duration every{};
};

struct Due {
  std::string name;
  TimePoint planned{};
};

class Schedule {
 public:
  explicit Schedule(TimePoint start) : start_(start) {}

  /// What is to be scheduled from now on. A scenario that stays as it was keeps its next slot. A new one has its first
  /// run at once, or, where there are many, within 10 ms for each of them.
  void set(std::span<const Period> periods, TimePoint now);

  /// The scenario that is due for longest, or none. It counts as running until finished(): a slot that comes by before
  /// is skipped.
  std::optional<Due> take(TimePoint now);
  void finished(const std::string& name);

  /// The earliest slot; TimePoint::max() where there is none.
  [[nodiscard]] TimePoint next() const;
  /// Slots that went by unused because the run before had not ended, or because too much else was running.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

 private:
  struct Entry {
    Duration every{};
    std::int64_t slot = 0;  ///< of `planned`, or of the next slot after a first run
    TimePoint planned{};
    bool running = false;
  };

  [[nodiscard]] TimePoint time_of(const std::string& name, const Entry& entry, std::int64_t slot) const;
  [[nodiscard]] std::int64_t first_slot_after(const std::string& name, const Entry& entry, TimePoint when) const;
  void plan(const std::string& name, Entry& entry, TimePoint when);

  TimePoint start_;
  std::map<std::string, Entry> entries_;
  std::set<std::pair<TimePoint, std::string>> queue_;
  std::uint64_t skipped_ = 0;
};

}  // namespace wsprobe::monitor
