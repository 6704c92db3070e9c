// The exchanges over real sockets: net::Connector on one side, a scripted server behind net::Listener on the other.
#include <array>
#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "exchange/http_exchange.hpp"
#include "exchange/upgrade_exchange.hpp"
#include "net/listener.hpp"
#include "net/tasks.hpp"
#include "support/run_task.hpp"
#include "support/websocket_server.hpp"

namespace wsprobe::exchange {
namespace {

using test::close_frame;
using test::frame;
using test::Opcode;
using test::run_task;
using test::WebSocketServer;

constexpr auto patience = std::chrono::seconds(10);
constexpr auto short_time = std::chrono::milliseconds(100);

/// What a server does with one connection; closes it when it returns.
using Script = std::function<net::awaitable<void>(net::Stream&)>;

net::awaitable<void> write(net::Stream& stream, std::string bytes) {
  const auto ignored =
      co_await stream.write(std::as_bytes(std::span(bytes)), Phase::response, SteadyClock::now() + patience);
  static_cast<void>(ignored);  // a client that has gone is the client's business
}

/// Up to 4 KiB; empty at the end.
net::awaitable<std::string> read(net::Stream& stream) {
  std::array<std::byte, 4096> buffer{};
  const Result<std::size_t> got = co_await stream.read_some(buffer, Phase::request, SteadyClock::now() + patience);
  co_return std::string(reinterpret_cast<const char*>(buffer.data()), got.value_or(0));
}

class Exchanges : public testing::Test {
 protected:
  void SetUp() override {
    auto bound = net::Listener::bind(context_, "127.0.0.1", 0);
    ASSERT_TRUE(bound) << describe(bound.error());
    listener_ = std::move(*bound);
  }

  /// Serves connections one after the other until the test is over.
  void serve(Script script) {
    script_ = std::move(script);
    net::spawn(context_, accept());
  }

  void serve(WebSocketServer& server) {
    serve([&server](net::Stream& stream) -> net::awaitable<void> {
      for (;;) {
        const std::string bytes = co_await read(stream);
        if (bytes.empty()) co_return;
        co_await write(stream, server.answer(bytes));
        if (server.close_received) co_return;
      }
    });
  }

  Target target() const { return {{net::Security::plain, "127.0.0.1", listener_->port()}, "edge.test", "/api/ws", {}}; }

  ExchangeResult get(Duration within = patience) {
    HttpSpec spec;
    spec.target = target();
    return run_task(context_, http_exchange(connector_, std::move(spec), SteadyClock::now() + within));
  }

  ExchangeResult upgrade(SessionSpec session = {}, Duration within = patience) {
    UpgradeSpec spec;
    spec.target = target();
    spec.session = std::move(session);
    return run_task(context_, upgrade_exchange(connector_, std::move(spec), SteadyClock::now() + within));
  }

  static std::string failure_of(const ExchangeResult& result) {
    const auto* failed = std::get_if<Failed>(&result.outcome);
    if (failed == nullptr) return std::string(name(result.outcome));
    return std::string(name(failed->error.phase)) + " " + std::string(name(failed->error.reason));
  }

  asio::io_context context_{1};
  net::Connector connector_{context_, {}};
  std::unique_ptr<net::Listener> listener_;

 private:
  net::awaitable<void> accept() {
    for (;;) {
      Result<net::StreamPtr> stream = co_await listener_->accept();
      if (!stream) co_return;
      co_await script_(**stream);
      (*stream)->close();
    }
  }

  Script script_;
};

TEST_F(Exchanges, AResponseComesWhole) {
  serve([](net::Stream& stream) -> net::awaitable<void> {
    co_await read(stream);
    co_await write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'));
  });
  const ExchangeResult result = get();
  EXPECT_EQ(failure_of(result), "completed");
  EXPECT_EQ(result.evidence.response->body_size, 100'000U);
  EXPECT_EQ(result.evidence.address, "127.0.0.1:" + std::to_string(listener_->port()));
  EXPECT_GE(result.evidence.times.unattributed(), Duration::zero());
}

TEST_F(Exchanges, APeerThatHangsUpIsNamed) {
  serve([](net::Stream& stream) -> net::awaitable<void> { co_await read(stream); });
  EXPECT_EQ(failure_of(get()), "first_byte closed_before_response");
  EXPECT_EQ(failure_of(upgrade()), "first_byte closed_before_response");
}

TEST_F(Exchanges, SilenceEndsAtTheDeadline) {
  serve([](net::Stream& stream) -> net::awaitable<void> {
    while (!(co_await read(stream)).empty()) {
    }
  });
  const TimePoint begun = SteadyClock::now();
  const ExchangeResult result = get(short_time);
  EXPECT_EQ(failure_of(result), "first_byte timeout_first_byte");
  EXPECT_GE(SteadyClock::now() - begun, short_time);
  EXPECT_GE(*result.evidence.times.duration(Phase::first_byte), short_time / 2);
}

TEST_F(Exchanges, AnAnswerThatComesBeforeTheRequestWasTakenIsRead) {
  serve([](net::Stream& stream) -> net::awaitable<void> {
    co_await write(stream, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  });
  HttpSpec spec;
  spec.target = target();
  spec.method = "POST";
  spec.body = Text(std::string(8'000'000, 'x'));  // more than the socket's buffers take
  const ExchangeResult result =
      run_task(context_, http_exchange(connector_, std::move(spec), SteadyClock::now() + patience));
  EXPECT_EQ(failure_of(result), "completed");
  ASSERT_TRUE(result.evidence.response);
  EXPECT_EQ(result.evidence.response->head.status, 413);
}

TEST_F(Exchanges, AWholeSession) {
  WebSocketServer server;
  serve(server);
  SessionSpec session;
  session.messages.push_back({Text("hello"), ExpectText{"echo hello"}});
  session.pings = 3;
  session.hold = short_time;
  const ExchangeResult result = upgrade(std::move(session));
  EXPECT_EQ(failure_of(result), "completed");
  const SessionFacts& facts = *result.evidence.session;
  EXPECT_EQ(facts.ping_round_trips.size(), 3U);
  EXPECT_GE(facts.open_for, short_time);
  EXPECT_TRUE(facts.close->echoed);
  EXPECT_EQ(server.close_received, 1000);
}

TEST_F(Exchanges, PingsOfThePeerAreAnsweredWhileTheSocketIsHeld) {
  WebSocketServer server;
  server.handshake += frame(Opcode::ping, "there?");
  bool answered = false;
  server.on_frame = [&answered](Opcode opcode, const std::string& payload) {
    if (opcode == Opcode::pong && payload == "there?") answered = true;
    return WebSocketServer::polite(opcode, payload);
  };
  serve(server);
  SessionSpec session;
  session.hold = short_time;
  EXPECT_EQ(failure_of(upgrade(std::move(session))), "completed");
  EXPECT_TRUE(answered);
}

TEST_F(Exchanges, ACloseAfterTheAcceptIsARejection) {
  WebSocketServer server;
  server.handshake += close_frame(4401, "bad token");
  server.on_frame = [](Opcode, const std::string&) { return std::string(); };
  serve(server);
  const ExchangeResult result = upgrade();
  EXPECT_EQ(failure_of(result), "rejected");
  EXPECT_EQ(result.evidence.session->close->code, 4401);
  EXPECT_EQ(result.evidence.session->close->reason, "bad token");
}

TEST_F(Exchanges, ASocketThatIsCutWhileItIsHeldIsNoClose) {
  WebSocketServer server;
  serve([&server](net::Stream& stream) -> net::awaitable<void> {
    const std::string request = co_await read(stream);
    co_await write(stream, server.answer(request));
  });
  SessionSpec session;
  session.hold = patience / 2;
  EXPECT_EQ(failure_of(upgrade(std::move(session))), "message closed_without_close_frame");
}

TEST_F(Exchanges, CancellingEndsAHold) {
  WebSocketServer server;
  serve(server);
  UpgradeSpec spec;
  spec.target = target();
  spec.session.hold = patience;
  spec.while_held = [this]() -> net::awaitable<void> {
    connector_.cancel();
    co_return;
  };
  const ExchangeResult result =
      run_task(context_, upgrade_exchange(connector_, std::move(spec), SteadyClock::now() + 2 * patience));
  EXPECT_EQ(failure_of(result), "message cancelled");
}

}  // namespace
}  // namespace wsprobe::exchange
