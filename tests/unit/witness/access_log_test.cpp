// Every file of tests/data/logs was written by the program it is named after, except where quoted_request.cpp and
// json_log.cpp say that a format is known from its documentation only. Beside each line stands what is read from it.
#include "witness/access_log.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text.hpp"

namespace wsprobe::witness {
namespace {

namespace files = std::filesystem;

const files::path logs = files::path(WSPROBE_SOURCE_DIR) / "tests" / "data" / "logs";

std::vector<std::string> lines_of(const files::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string describe(const std::optional<AccessLine>& line) {
  if (!line) return "-";
  std::string text = fmt::format("{}: {} {} {}", name(line->format), line->method, line->target, line->status);
  if (line->took == Took::as_websocket) text += " websocket";
  if (line->took == Took::as_plain) text += " plain";
  if (line->upstream == Upstream::answered) text += fmt::format(" upstream={}", line->upstream_status);
  if (line->upstream == Upstream::not_asked) text += " upstream=-";
  if (!line->flags.empty()) text += " flags=" + line->flags;
  if (!line->server.empty()) text += " server=" + line->server;
  if (!line->user_agent.empty()) text += " agent=" + line->user_agent;
  if (!line->client.empty()) text += " client=" + line->client;
  if (!line->time.empty()) text += " time=" + line->time;
  return text;
}

class RealLog : public testing::TestWithParam<std::string> {};

TEST_P(RealLog, IsReadAsItWasWritten) {
  const files::path golden = logs / (GetParam() + ".read");
  std::string read;
  for (const std::string& line : lines_of(logs / (GetParam() + ".log")))
    read += describe(parse_access_line(line)) + "\n";
  if (std::getenv("WSPROBE_UPDATE_GOLDENS") != nullptr) std::ofstream(golden) << read;
  std::ifstream file(golden);
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(read, expected.str());
}

INSTANTIATE_TEST_SUITE_P(AccessLog, RealLog,
                         testing::Values("aiohttp", "apache-combined", "apache-common", "apache-vhost", "caddy",
                                         "caddy-console", "gunicorn", "haproxy", "hypercorn", "ingress-nginx",
                                         "nginx-combined", "nginx-common", "nginx-json", "nginx-json-uri",
                                         "nginx-upstream", "other-json", "traefik", "traefik-json", "uvicorn"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(AccessLog, EveryLogOfTheDataIsTested) {
  std::size_t count = 0;
  for (const auto& entry : files::directory_iterator(logs)) count += entry.path().extension() == ".log" ? 1U : 0U;
  EXPECT_EQ(count, 19U);
}

TEST(AccessLog, TellsWhoseLogAFormatUsuallyIs) {
  EXPECT_EQ(usual_owner(LogFormat::uvicorn), LogOwner::backend);
  EXPECT_EQ(usual_owner(LogFormat::haproxy), LogOwner::proxy);
  EXPECT_EQ(usual_owner(LogFormat::combined), LogOwner::unknown);  // nginx, Apache and gunicorn write it
}

TEST(AccessLog, IsNotFoundInOtherLines) {
  for (const char* line : {
           "",
           "\n",
           "INFO:     Application startup complete.",
           "\"",
           "\"\"",
           "\"GET\"",
           "\"GET \" 200",
           "\"GET /x HTTP/1.1\" 200",
           "x - \"GET /x HTTP/1.1\" -",
           "x - \"GET  /x HTTP/1.1\" 200 OK",
           "x - \"get /x HTTP/1.1\" 200",
           "x - \"GET x HTTP/1.1\" 200",
           "x - \"GET /x SPDY/1\" 200",
           "x - \"WebSocket /x\" accepted",
           "x - \"GET /x\" 200",
           "x - \"GET /x HTTP/1.1",
           "{",
           "{}",
           "{\"status\":200}",
           "[23/Nov/2026:07:05:44.139]",
           "a [23/Nov/2026:07:05:44.139] b c/d 1/2/3/4/5 200",
           "a [23/Nov/2026:07:05:44.139] b c/d 1/2/3/4/5 200 1 - - ???? 1/1/1/1/1 0/0 \"GET / HTTP/1.1\"",
           "{\"log\":\"nothing\\n\",\"stream\":\"stdout\"}",
           "\x1b[",
           "\x1b[3",
           "- - [] \"GET / HTTP/1.1\"",
       }) {
    EXPECT_EQ(describe(parse_access_line(line)), "-") << line;
  }
}

TEST(AccessLog, IsNotReadWhereALineIsTooLong) {
  const std::string before = "INFO:     127.0.0.1:1 - \"GET /";
  const std::string after = " HTTP/1.1\" 200 OK";
  const std::string fits(longest_line - before.size() - after.size(), 'x');
  EXPECT_TRUE(parse_access_line(before + fits + after));
  EXPECT_FALSE(parse_access_line(before + fits + "x" + after));
}

// Whoever sends a request writes parts of the line; it must not read as another one.
TEST(AccessLog, IsNotFooledByWhatARequestCarries) {
  const auto quoted = parse_access_line(
      R"(1.2.3.4 - - [23/Nov/2026:07:05:40 +0000] "GET /a HTTP/1.1" 200 5 "-" "x\" 403 \"GET /b HTTP/1.1\" 403 0")");
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->target, "/a");
  EXPECT_EQ(quoted->status, 200);
  const auto user =
      parse_access_line(R"(1.2.3.4 - \"GET\x20/b [23/Nov/2026:07:05:40 +0000] "GET /a HTTP/1.1" 200 5 "-" "-")");
  EXPECT_TRUE(!user || user->target == "/a");
  const auto captured = parse_access_line(
      R"(1.2.3.4:5 [23/Nov/2026:07:05:44.139] web app/s1 0/0/0/1/1 200 1 - - ---- 1/1/0/0/0 0/0 {" 403 "GET /b} "GET /a HTTP/1.1")");
  ASSERT_TRUE(captured);
  EXPECT_EQ(captured->target, "/a");
}

TEST(AccessLog, TellsThatUpgradesAreNotSupported) {
  EXPECT_TRUE(says_upgrades_are_not_supported("WARNING:  Unsupported upgrade request."));
  EXPECT_TRUE(says_upgrades_are_not_supported("WARNING:  No supported WebSocket library detected. Please use ..."));
  EXPECT_FALSE(says_upgrades_are_not_supported("INFO:     connection open"));
}

}  // namespace
}  // namespace wsprobe::witness
