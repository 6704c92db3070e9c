// An application that accepts every socket, looks the token up, and only then closes with its refusal.
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "engine/run.hpp"
#include "net/listener.hpp"
#include "net/tasks.hpp"
#include "support/run_task.hpp"
#include "support/websocket_server.hpp"
#include "wire/handshake.hpp"

namespace wsprobe::test {
namespace {

using namespace std::chrono_literals;

net::awaitable<void> send(net::Stream& stream, std::string text) {
  static_cast<void>(co_await stream.write(std::as_bytes(std::span(text)), Phase::response, SteadyClock::now() + 5s));
}

net::awaitable<void> accept_and_refuse_later(net::Listener& listener, Duration look_up) {
  const auto stream = co_await listener.accept();
  std::array<std::byte, 4096> buffer{};
  const auto size = co_await (*stream)->read_some(buffer, Phase::request, SteadyClock::now() + 5s);
  const std::string head(reinterpret_cast<const char*>(buffer.data()), size.value_or(0));
  co_await send(
      **stream,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
          wire::accept_for(field_of(head, "Sec-WebSocket-Key")) + "\r\n\r\n");
  co_await net::wait_until(SteadyClock::now() + look_up);
  co_await send(**stream, close_frame(4401, "bad token"));
}

TEST(LateRefusal, OfAnInvalidCredentialIsNoBypass) {
  asio::io_context context;
  const auto listener = net::Listener::bind(context, "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  net::spawn(context, accept_and_refuse_later(**listener, 150ms));

  scenario::Scenario scenario;
  scenario.name = "late";
  scenario.edge = {"ws", "127.0.0.1", (*listener)->port(), true, "/", ""};
  scenario.invalid = Text("wsprobe-invalid-0123456789abcdef");
  scenario.experiments = scenario::Experiments::never;
  scenario::UpgradeStep step;
  step.name = "invalid-token";
  step.path = "/api/ws";
  step.query = {{"token", scenario.invalid}};
  step.credential = CredentialUse::invalid;
  step.expect.answer = Expected::rejected;
  scenario.steps = {step};

  net::Connector connector(context, {});
  const Report report = run_task(context, engine::run_scenario(connector, scenario, {}));
  EXPECT_EQ(name(report.steps[0].outcome), "rejected");
  EXPECT_TRUE(report.pass) << report.verdict.summary;
  EXPECT_NE(report.verdict.cause, Cause(CauseId::auth_bypass));
}

}  // namespace
}  // namespace wsprobe::test
