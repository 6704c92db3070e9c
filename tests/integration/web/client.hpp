// A client of the server under test, on the same context.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "net/connector.hpp"
#include "net/tasks.hpp"
#include "support/run_task.hpp"
#include "web/server.hpp"

namespace wsprobe::test {

inline constexpr Duration ample = std::chrono::seconds(10);

inline net::awaitable<void> send(net::Stream& stream, std::string text) {
  const auto bytes = std::as_bytes(std::span(text));
  const auto sent = co_await stream.write(bytes, Phase::request, SteadyClock::now() + ample);
  EXPECT_TRUE(sent) << describe(sent.error());
}

/// Everything up to the end of the connection, or until `enough` is found.
inline net::awaitable<std::string> receive(net::Stream& stream, std::string enough = {}) {
  std::string text;
  std::array<std::byte, 4096> buffer{};
  while (enough.empty() || text.find(enough) == std::string::npos) {
    const auto size = co_await stream.read_some(buffer, Phase::response, SteadyClock::now() + ample);
    if (!size || *size == 0) break;
    text.append(reinterpret_cast<const char*>(buffer.data()), *size);
  }
  co_return text;
}

class ServerTest : public testing::Test {
 protected:
  void start(web::ServerLimits limits, web::Handler handler) {
    server = std::make_unique<web::Server>(context, limits, std::move(handler));
    const auto listening = server->listen("127.0.0.1", 0);
    ASSERT_TRUE(listening);
    port = *listening;
  }

  net::awaitable<net::StreamPtr> connect(net::Security security = net::Security::plain) {
    const net::Authority authority{security, "127.0.0.1", port};
    auto stream = co_await connector.open(authority, SteadyClock::now() + ample, evidence);
    if (!stream) co_return nullptr;
    co_return std::move(*stream);
  }

  /// The whole answer to one request on a connection of its own.
  net::awaitable<std::string> ask(std::string request) {
    const net::StreamPtr stream = co_await connect();
    if (!stream) co_return "no connection";
    co_await send(*stream, std::move(request));
    co_return co_await receive(*stream);
  }

  asio::io_context context;
  net::Connector connector{context, settings()};
  Evidence evidence;
  std::unique_ptr<web::Server> server;
  std::uint16_t port = 0;

 private:
  static net::ConnectSettings settings() {
    net::ConnectSettings made;
    made.tls.verify = net::Verify::none;
    return made;
  }
};

inline net::awaitable<web::Response> hello(const web::Request& request) {
  co_return web::text_response(200, "hello from " + request.path);
}

}  // namespace wsprobe::test
