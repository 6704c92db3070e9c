// SQLite behind one door: a connection, and statements that end with their scope.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsprobe::monitor {

/// What SQLite says, in words.
template <typename T>
using DatabaseResult = tl::expected<T, std::string>;

class Statement {
 public:
  Statement(sqlite3* connection, const char* sql);
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Parameters in their order. Text is not copied: it has to live until the last step().
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind_blob(std::string_view bytes);

  /// Whether there is a row. False at the end, and on an error, which the connection remembers.
  [[nodiscard]] bool step();
  /// To its end; false on an error.
  [[nodiscard]] bool run();
  /// For another round of bind().
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] std::string text(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int result_ = SQLITE_OK;
};

class Database {
 public:
  /// `path` empty: in memory. Made where it does not exist, readable by its owner alone.
  static DatabaseResult<std::unique_ptr<Database>> open(const std::string& path);
  ~Database() { sqlite3_close_v2(connection_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] bool execute(const char* sql);
  [[nodiscard]] Statement prepare(const char* sql) { return {connection_, sql}; }
  /// The first column of the first row, or `otherwise`.
  [[nodiscard]] std::int64_t integer(const char* sql, std::int64_t otherwise = 0);
  [[nodiscard]] std::string error() const { return sqlite3_errmsg(connection_); }
  /// The file is no database, or a broken one.
  [[nodiscard]] bool is_broken() const;
  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(connection_); }

 private:
  explicit Database(sqlite3* connection) : connection_(connection) {}
  sqlite3* connection_;
};

}  // namespace wsprobe::monitor
