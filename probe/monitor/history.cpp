#include "monitor/history.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "core/system_call.hpp"
#include "monitor/compression.hpp"
#include "monitor/database.hpp"
#include "net/worker.hpp"

namespace wsprobe::monitor {
namespace {

/// A report that waits takes some ten kilobytes.
constexpr std::size_t most_waiting = 2'000;
constexpr int runs_between_tidying = 2'000;
constexpr int schema_version = 1;

constexpr const char* schema = R"(
  CREATE TABLE IF NOT EXISTS scenario (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);
  CREATE TABLE IF NOT EXISTS verdict (id INTEGER PRIMARY KEY, emitter TEXT NOT NULL, fault TEXT NOT NULL,
    cause TEXT NOT NULL, UNIQUE (emitter, fault, cause));
  CREATE TABLE IF NOT EXISTS run (scenario INTEGER NOT NULL, started_at INTEGER NOT NULL, duration INTEGER NOT NULL,
    pass INTEGER NOT NULL, verdict INTEGER NOT NULL, PRIMARY KEY (scenario, started_at)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS report (id INTEGER PRIMARY KEY AUTOINCREMENT, scenario INTEGER NOT NULL,
    started_at INTEGER NOT NULL, duration INTEGER NOT NULL, pass INTEGER NOT NULL, verdict INTEGER NOT NULL,
    change INTEGER NOT NULL, summary TEXT NOT NULL, remedy TEXT NOT NULL, json BLOB NOT NULL, text BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS report_by_scenario ON report (scenario, id);
  CREATE INDEX IF NOT EXISTS report_by_time ON report (started_at);
  CREATE INDEX IF NOT EXISTS report_by_worth ON report (pass DESC, change, id);
)";

constexpr const char* report_columns =
    "SELECT r.id, s.name, r.started_at, r.duration, r.pass, v.emitter, v.fault, v.cause, r.change, r.summary, r.remedy";

ReportLine read_line(const Statement& row) {
  ReportLine line;
  line.id = row.integer(0);
  line.run = {row.text(1), row.integer(2), row.integer(3), row.integer(4) != 0, row.text(5), row.text(6), row.text(7)};
  line.change = row.integer(8) != 0;
  line.summary = row.text(9);
  line.remedy = row.text(10);
  return line;
}

/// Its schema made or checked. The error is in words.
DatabaseResult<void> prepare(Database& database, bool in_memory) {
  const bool ready = database.execute(
                         "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA synchronous=NORMAL;"
                         "PRAGMA journal_size_limit=16777216; PRAGMA cache_size=-4096") &&
                     (in_memory || database.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                                                    "BEGIN EXCLUSIVE; COMMIT"));
  if (!ready) return tl::unexpected(database.error());
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (version > schema_version) return tl::unexpected<std::string>("it was written by a newer version of wsprobe");
  if (!database.execute(schema)) return tl::unexpected(database.error());
  if (!database.execute(fmt::format("PRAGMA user_version={}", schema_version).c_str())) {
    return tl::unexpected(database.error());
  }
  return {};
}

}  // namespace

UnixMilliseconds to_milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime to_wall_time(UnixMilliseconds milliseconds) { return WallTime(std::chrono::milliseconds(milliseconds)); }

class History::Impl {
 public:
  Impl(asio::io_context& context, std::unique_ptr<Database> database, Retention retention, bool moved_aside)
      : database_(std::move(database)),
        retention_(retention),
        moved_aside_(moved_aside),
        worker_(context, most_waiting) {}

  bool record(RunLine run, std::optional<StoredReport> report) {
    const bool taken = worker_.post([this, run = std::move(run), report = std::move(report)] {
      if (!write(run, report)) note_failure();
      if (++runs_since_tidying_ >= runs_between_tidying) tidy(std::chrono::system_clock::now());
    });
    if (!taken) ++not_recorded_;
    return taken;
  }

  net::Worker& worker() { return worker_; }

  std::vector<ReportLine> reports(const ReportFilter& filter) {
    const std::string sql = fmt::format(
        "{} FROM report r JOIN scenario s ON s.id = r.scenario JOIN verdict v ON v.id = r.verdict "
        "WHERE r.id < ? AND r.started_at >= ? AND r.started_at <= ? {}{}{} ORDER BY r.id DESC LIMIT ?",
        report_columns, filter.scenario.empty() ? "" : "AND s.name = ? ",
        filter.cause.empty() ? "" : "AND v.cause = ? ", filter.outcome.empty() ? "" : "AND r.pass = ? ");
    Statement query = database_->prepare(sql.c_str());
    query.bind(filter.before).bind(filter.since).bind(filter.until);
    if (!filter.scenario.empty()) query.bind(filter.scenario);
    if (!filter.cause.empty()) query.bind(filter.cause);
    if (!filter.outcome.empty()) query.bind(static_cast<std::int64_t>(filter.outcome == "pass"));
    query.bind(static_cast<std::int64_t>(std::clamp(filter.limit, 1, 1000)));
    std::vector<ReportLine> lines;
    while (query.step()) lines.push_back(read_line(query));
    return lines;
  }

  std::optional<StoredReport> report(std::int64_t id) {
    const std::string sql = fmt::format(
        "{}, r.json, r.text FROM report r JOIN scenario s ON s.id = r.scenario JOIN verdict v ON v.id = r.verdict "
        "WHERE r.id = ?",
        report_columns);
    Statement query = database_->prepare(sql.c_str());
    query.bind(id);
    if (!query.step()) return std::nullopt;
    auto json = decompress(query.text(11));
    auto text = decompress(query.text(12));
    if (!json || !text) return std::nullopt;
    return StoredReport{read_line(query), std::move(*json), std::move(*text)};
  }

  std::vector<RunLine> runs(const std::string& scenario, UnixMilliseconds since, int limit) {
    Statement query = database_->prepare(
        "SELECT s.name, r.started_at, r.duration, r.pass, v.emitter, v.fault, v.cause FROM run r "
        "JOIN scenario s ON s.id = r.scenario JOIN verdict v ON v.id = r.verdict "
        "WHERE s.name = ? AND r.started_at >= ? ORDER BY r.started_at DESC LIMIT ?");
    query.bind(scenario).bind(since).bind(static_cast<std::int64_t>(limit));
    std::vector<RunLine> lines;
    while (query.step()) {
      lines.push_back({query.text(0), query.integer(1), query.integer(2), query.integer(3) != 0, query.text(4),
                       query.text(5), query.text(6)});
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
  }

  void tidy(WallTime now) {
    runs_since_tidying_ = 0;
    const UnixMilliseconds oldest = to_milliseconds(now - retention_.age);
    for (const char* sql : {"DELETE FROM run WHERE started_at < ?", "DELETE FROM report WHERE started_at < ?"}) {
      Statement remove = database_->prepare(sql);
      remove.bind(oldest);
      if (!remove.run()) note_failure();
    }
    // A tenth at a time, from what is worth least.
    for (int rounds = 0; rounds < 20 && used_bytes() > retention_.bytes; ++rounds) {
      if (!make_room()) break;
    }
    if (!database_->execute("PRAGMA incremental_vacuum")) note_failure();
  }

  [[nodiscard]] Health health() const {
    const std::lock_guard lock(mutex_);
    return {not_recorded_, last_error_, moved_aside_};
  }

 private:
  std::int64_t used_bytes() {
    const std::int64_t pages = database_->integer("PRAGMA page_count") - database_->integer("PRAGMA freelist_count");
    return pages * database_->integer("PRAGMA page_size");
  }

  bool make_room() {
    constexpr std::int64_t least_runs = 10'000;
    if (const std::int64_t runs = database_->integer("SELECT count(*) FROM run"); runs > least_runs) {
      Statement remove = database_->prepare(
          "DELETE FROM run WHERE started_at <= (SELECT started_at FROM run ORDER BY started_at LIMIT 1 OFFSET ?)");
      remove.bind(runs / 10);
      return remove.run() && database_->changes() > 0;
    }
    const std::int64_t reports = database_->integer("SELECT count(*) FROM report");
    Statement remove = database_->prepare(
        "DELETE FROM report WHERE id IN (SELECT id FROM report ORDER BY pass DESC, change, id LIMIT ?)");
    remove.bind(std::max<std::int64_t>(1, reports / 10));
    return remove.run() && database_->changes() > 0;
  }

  std::int64_t scenario_id(const std::string& name) {
    Statement insert = database_->prepare("INSERT OR IGNORE INTO scenario (name) VALUES (?)");
    insert.bind(name);
    if (!insert.run()) return 0;
    Statement query = database_->prepare("SELECT id FROM scenario WHERE name = ?");
    query.bind(name);
    return query.step() ? query.integer(0) : 0;
  }

  std::int64_t verdict_id(const RunLine& run) {
    Statement insert = database_->prepare("INSERT OR IGNORE INTO verdict (emitter, fault, cause) VALUES (?, ?, ?)");
    insert.bind(run.emitter).bind(run.fault).bind(run.cause);
    if (!insert.run()) return 0;
    Statement query = database_->prepare("SELECT id FROM verdict WHERE emitter = ? AND fault = ? AND cause = ?");
    query.bind(run.emitter).bind(run.fault).bind(run.cause);
    return query.step() ? query.integer(0) : 0;
  }

  bool write(const RunLine& run, const std::optional<StoredReport>& report) {
    if (!database_->execute("BEGIN")) return false;
    const bool written = write_in_transaction(run, report) && database_->execute("COMMIT");
    if (!written) {
      keep_error();
      static_cast<void>(database_->execute("ROLLBACK"));
    } else {
      forget_error();
    }
    return written;
  }

  bool write_in_transaction(const RunLine& run, const std::optional<StoredReport>& report) {
    const std::int64_t scenario = scenario_id(run.scenario);
    const std::int64_t verdict = verdict_id(run);
    if (scenario == 0 || verdict == 0) return false;
    Statement insert = database_->prepare("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?)");
    insert.bind(scenario).bind(run.started_at).bind(run.duration_microseconds);
    insert.bind(static_cast<std::int64_t>(run.pass)).bind(verdict);
    if (!insert.run()) return false;
    if (!report) return true;
    const auto json = compress(report->json);
    const auto text = compress(report->text);
    if (!json || !text) return false;
    Statement keep = database_->prepare(
        "INSERT INTO report (scenario, started_at, duration, pass, verdict, change, summary, remedy, json, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    keep.bind(scenario).bind(run.started_at).bind(run.duration_microseconds);
    keep.bind(static_cast<std::int64_t>(run.pass)).bind(verdict);
    keep.bind(static_cast<std::int64_t>(report->line.change)).bind(report->line.summary).bind(report->line.remedy);
    keep.bind_blob(*json).bind_blob(*text);
    return keep.run();
  }

  void note_failure() { ++not_recorded_; }

  void keep_error() {
    const std::lock_guard lock(mutex_);
    last_error_ = database_->error();
  }

  void forget_error() {
    const std::lock_guard lock(mutex_);
    last_error_.clear();
  }

  std::unique_ptr<Database> database_;  // used on the worker's thread only
  Retention retention_;
  bool moved_aside_;
  int runs_since_tidying_ = 0;
  std::atomic<std::uint64_t> not_recorded_ = 0;
  mutable std::mutex mutex_;
  std::string last_error_;
  net::Worker worker_;  // last: its jobs use all of the above
};

History::History(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
History::~History() = default;

tl::expected<std::unique_ptr<History>, std::string> History::open(asio::io_context& context, const std::string& path,
                                                                  Retention retention) {
  std::string file;
  if (!path.empty()) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return tl::unexpected(system_error(path));
    }
    file = path + "/history.db";
  }
  bool moved_aside = false;
  for (;;) {
    auto database = Database::open(file);
    if (!database) return tl::unexpected(fmt::format("{}: {}", file, database.error()));
    const auto prepared = prepare(**database, file.empty());
    if (prepared) {
      auto impl = std::make_unique<Impl>(context, std::move(*database), retention, moved_aside);
      return std::unique_ptr<History>(new History(std::move(impl)));
    }
    if (moved_aside || !(*database)->is_broken()) {
      return tl::unexpected(fmt::format("{}: {}", file, prepared.error()));
    }
    moved_aside = true;
    database->reset();
    const std::string aside = fmt::format("{}.broken-{}", file, to_milliseconds(std::chrono::system_clock::now()));
    if (std::rename(file.c_str(), aside.c_str()) != 0) {
      return tl::unexpected(system_error(file));
    }
    std::remove((file + "-wal").c_str());
    std::remove((file + "-shm").c_str());
  }
}

bool History::record(RunLine run, std::optional<StoredReport> report) {
  return impl_->record(std::move(run), std::move(report));
}

net::awaitable<std::vector<ReportLine>> History::reports(ReportFilter filter) {
  std::vector<ReportLine> lines;
  std::function<void()> job = [&] { lines = impl_->reports(filter); };
  co_await impl_->worker().run(std::move(job));
  co_return lines;
}

net::awaitable<std::optional<StoredReport>> History::report(std::int64_t id) {
  std::optional<StoredReport> found;
  std::function<void()> job = [&] { found = impl_->report(id); };
  co_await impl_->worker().run(std::move(job));
  co_return found;
}

net::awaitable<std::vector<RunLine>> History::runs(std::string scenario, UnixMilliseconds since, int limit) {
  std::vector<RunLine> lines;
  std::function<void()> job = [&] { lines = impl_->runs(scenario, since, limit); };
  co_await impl_->worker().run(std::move(job));
  co_return lines;
}

net::awaitable<void> History::tidy(WallTime now) {
  std::function<void()> job = [&] { impl_->tidy(now); };
  co_await impl_->worker().run(std::move(job));
}

History::Health History::health() const { return impl_->health(); }

}  // namespace wsprobe::monitor
