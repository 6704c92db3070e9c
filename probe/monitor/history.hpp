// What happened at 02:14: reports of changes and failures, whole, and a line about every run.
//
// In SQLite, on a thread of its own, so that a slow disk delays nothing but itself. Without a path it is in memory. In
// write-ahead mode a transaction that has returned survives kill -9; what a power cut takes is at most the last moment.
// Two bounds, age and size. When the size is reached, the lines of runs go first, then reports of successes, then
// failures that only repeat the one before, then the oldest of the rest: no success ever pushes out a failure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"

namespace wsprobe::monitor {

/// Milliseconds since 1970.
using UnixMilliseconds = std::int64_t;
[[nodiscard]] UnixMilliseconds to_milliseconds(WallTime time);
[[nodiscard]] WallTime to_wall_time(UnixMilliseconds milliseconds);

/// A line about one run.
struct RunLine {
  std::string scenario;
  UnixMilliseconds started_at = 0;
  std::int64_t duration_microseconds = 0;
  bool pass = false;
  std::string emitter;
  std::string fault;
  std::string cause;
};

struct ReportLine {
  std::int64_t id = 0;
  RunLine run;
  bool change = false;  ///< the run before told something else
  std::string summary;
  std::string remedy;
};

/// A report with its texts.
struct StoredReport {
  ReportLine line;
  std::string json;  ///< the whole report, wsprobe.report/1
  std::string text;  ///< the same for a person
};

struct ReportFilter {
  std::string scenario;  ///< empty: all
  std::string outcome;   ///< "pass", "fail", or empty: both
  std::string cause;     ///< empty: all
  UnixMilliseconds since = 0;
  UnixMilliseconds until = INT64_MAX;
  std::int64_t before = INT64_MAX;  ///< ids below this: the next page
  int limit = 100;                  ///< at most 1000
};

struct Retention {
  Duration age = std::chrono::hours(24 * 90);
  std::int64_t bytes = 512LL * 1024 * 1024;
};

class History {
 public:
  /// `path` is a directory, made where it does not exist; empty: in memory. A database that is broken is moved aside
  /// and a new one begun. The error is in words: another process has it, the directory cannot be written.
  static tl::expected<std::unique_ptr<History>, std::string> open(asio::io_context& context, const std::string& path,
                                                                  Retention retention);
  /// What was recorded is written first.
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// A run, and its report where it is to be kept. Never waits; false: the disk is too slow, and it is not recorded.
  bool record(RunLine run, std::optional<StoredReport> report);

  /// Newest first.
  net::awaitable<std::vector<ReportLine>> reports(ReportFilter filter);
  net::awaitable<std::optional<StoredReport>> report(std::int64_t id);
  /// The runs of a scenario since then, oldest first; at most the last `limit`.
  net::awaitable<std::vector<RunLine>> runs(std::string scenario, UnixMilliseconds since, int limit);

  /// Deletes what is too old or too much; also done now and then by itself.
  net::awaitable<void> tidy(WallTime now);

  struct Health {
    std::uint64_t not_recorded = 0;  ///< since the start: the queue was full, or the disk failed
    std::string last_error;          ///< of the disk; empty while all is well
    bool moved_aside = false;        ///< a broken database was found at the start
  };
  [[nodiscard]] Health health() const;

 private:
  class Impl;
  explicit History(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsprobe::monitor
