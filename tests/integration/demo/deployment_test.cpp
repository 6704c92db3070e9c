// The deployment's raw answers: attribution argues from the order of header fields, so the order is what is tested.
#include "demo/deployment.hpp"

#include <array>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "net/connector.hpp"
#include "support/run_task.hpp"
#include "wire/handshake.hpp"

namespace wsprobe::demo {
namespace {

constexpr const char* key = "dGhlIHNhbXBsZSBub25jZQ==";

/// What comes back until the peer closes, or until the end of a 101's head.
net::awaitable<std::string> ask(net::Connector& connector, std::uint16_t port, std::string request) {
  const Deadline deadline = SteadyClock::now() + std::chrono::seconds(10);
  Evidence evidence;
  net::Authority authority{net::Security::plain, "127.0.0.1", port};
  auto stream = co_await connector.open(std::move(authority), deadline, evidence);
  if (!stream) co_return describe(stream.error());
  const auto sent = co_await (*stream)->write(std::as_bytes(std::span(request)), Phase::request, deadline);
  if (!sent) co_return describe(sent.error());
  std::string answer;
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    const auto got = co_await (*stream)->read_some(buffer, Phase::response, deadline);
    if (got.value_or(0) == 0) break;
    answer.append(reinterpret_cast<const char*>(buffer.data()), *got);
    if (answer.starts_with("HTTP/1.1 101") && answer.ends_with("\r\n\r\n")) break;
  }
  (*stream)->close();
  co_return answer;
}

class Answers {
 public:
  explicit Answers(Incident incident) : deployment_(std::move(*Deployment::start(context_, incident))) {}

  std::string token() const { return deployment_->token(); }

  std::string of_proxy(const std::string& request) { return answer(deployment_->proxy_port(), request); }
  std::string of_application(const std::string& request) { return answer(deployment_->backend_port(), request); }

 private:
  /// The date is masked: everything else is the same in every run.
  std::string answer(std::uint16_t port, const std::string& request) {
    net::Connector connector(context_, {});
    const std::string raw = test::run_task(context_, ask(connector, port, request));
    static const std::regex date("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT");
    return std::regex_replace(raw, date, "DATE");
  }

  asio::io_context context_{1};
  std::unique_ptr<Deployment> deployment_;
};

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: demo\r\n\r\n"; }

std::string upgrade(const std::string& target, const std::string& version = "13") {
  return "GET " + target +
         " HTTP/1.1\r\nHost: demo\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: " +
         version + "\r\nSec-WebSocket-Key: " + key + "\r\n\r\n";
}

constexpr const char* refusal_of_application =
    "HTTP/1.1 403 Forbidden\r\nDate: DATE\r\nServer: Python/3.11 websockets/10.4\r\nContent-Length: 0\r\n"
    "Content-Type: text/plain\r\n\r\n";
constexpr const char* forwarded_refusal =
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nContent-Type: text/plain\r\nDate: DATE\r\nServer: Caddy\r\n"
    "Server: Python/3.11 websockets/10.4\r\n\r\n";

TEST(Application, AnswersAsUvicornDoes) {
  Answers answers(Incident::healthy);
  const std::string body = R"({"status":"ok","ws":{"available":true,"active_connections":0,"topics":3}})";
  EXPECT_EQ(answers.of_application(get("/api/system/health")),
            "HTTP/1.1 200 OK\r\ndate: DATE\r\nserver: uvicorn\r\ncontent-length: " + std::to_string(body.size()) +
                "\r\ncontent-type: application/json\r\n\r\n" + body);
  EXPECT_EQ(answers.of_application(get("/api/ws")),
            "HTTP/1.1 404 Not Found\r\ndate: DATE\r\nserver: uvicorn\r\ncontent-length: 22\r\n"
            "content-type: application/json\r\n\r\n{\"detail\":\"Not Found\"}");
  EXPECT_EQ(answers.of_application(upgrade("/api/ws?token=wrong")), refusal_of_application);
  EXPECT_EQ(answers.of_application(upgrade("/nowhere?token=" + answers.token())), refusal_of_application)
      << "an unknown path is refused with the bytes of a refused token";
  EXPECT_TRUE(answers.of_application(upgrade("/api/ws?token=" + answers.token(), "99")).starts_with("HTTP/1.1 400 "));
}

TEST(Application, AcceptsTheRightToken) {
  Answers answers(Incident::healthy);
  EXPECT_EQ(answers.of_application(upgrade("/api/ws?token=" + answers.token())),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: " +
                wire::accept_for(key) + "\r\nDate: DATE\r\nServer: Python/3.11 websockets/10.4\r\n\r\n");
}

TEST(Proxy, SortsWhatItForwardsAndAddsItsName) {
  Answers answers(Incident::healthy);
  EXPECT_EQ(answers.of_proxy(upgrade("/api/ws?token=wrong")), forwarded_refusal);
}

TEST(Proxy, RefusesTwoHostFieldsItself) {
  Answers answers(Incident::healthy);
  EXPECT_EQ(answers.of_proxy("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
            "400 Bad Request: too many Host headers");
}

TEST(Proxy, WritesItsOwnAnswerInTheOrderOfGo) {
  Answers denied(Incident::proxy_403);
  EXPECT_EQ(denied.of_proxy(upgrade("/api/ws?token=" + denied.token())),
            "HTTP/1.1 403 Forbidden\r\nServer: Caddy\r\nDate: DATE\r\nContent-Length: 0\r\n\r\n");
  Answers down(Incident::backend_down);
  EXPECT_EQ(down.of_proxy(get("/api/system/health")),
            "HTTP/1.1 502 Bad Gateway\r\nServer: Caddy\r\nDate: DATE\r\nContent-Length: 0\r\n\r\n");
}

TEST(Proxy, ARewrittenPathIsRefusedByTheApplicationWithTheRightToken) {
  Answers answers(Incident::try_files);
  EXPECT_EQ(answers.of_proxy(upgrade("/api/ws?token=" + answers.token())), forwarded_refusal);
}

TEST(Proxy, WithoutTheUpgradeHeadersTheRouteIsNotThere) {
  Answers answers(Incident::upgrade_stripped);
  EXPECT_TRUE(answers.of_proxy(upgrade("/api/ws?token=" + answers.token())).starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST(Incidents, AreFoundByTheirNames) {
  std::set<std::string_view> names;
  for (const Incident incident : all_incidents()) {
    EXPECT_TRUE(names.insert(name(incident)).second) << name(incident);
    EXPECT_EQ(incident_named(name(incident)), incident);
    EXPECT_FALSE(description(incident).empty());
  }
  EXPECT_EQ(incident_named("none of them"), std::nullopt);
}

}  // namespace
}  // namespace wsprobe::demo
