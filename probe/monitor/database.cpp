#include "monitor/database.hpp"

#include <sys/stat.h>

namespace wsprobe::monitor {

Statement::Statement(sqlite3* connection, const char* sql) {
  result_ = sqlite3_prepare_v2(connection, sql, -1, &statement_, nullptr);
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

bool Statement::step() {
  if (statement_ == nullptr) return false;
  result_ = sqlite3_step(statement_);
  return result_ == SQLITE_ROW;
}

bool Statement::run() {
  while (step()) {
  }
  return result_ == SQLITE_DONE;
}

void Statement::reset() {
  sqlite3_reset(statement_);
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

DatabaseResult<std::unique_ptr<Database>> Database::open(const std::string& path) {
  const mode_t mask = ::umask(0077);
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(path.empty() ? ":memory:" : path.c_str(), &connection, flags, nullptr);
  ::umask(mask);
  std::unique_ptr<Database> database(new Database(connection));
  if (result != SQLITE_OK) return tl::unexpected(database->error());
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, 2000);
  return database;
}

bool Database::execute(const char* sql) {
  return sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::int64_t Database::integer(const char* sql, std::int64_t otherwise) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : otherwise;
}

bool Database::is_broken() const {
  const int primary = sqlite3_errcode(connection_) & 0xFF;
  return primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT;
}

}  // namespace wsprobe::monitor
