// A peer on the test's own context: every request is answered by a function of its head, upgrades it lets in are
// served.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/listener.hpp"
#include "net/tasks.hpp"
#include "scenario/scenario.hpp"
#include "support/websocket_server.hpp"

namespace wsprobe::test {

class Peer {
 public:
  static constexpr const char* let_in = "let in";
  /// The bytes to send, let_in, or nothing for silence.
  using Answer = std::function<std::string(const std::string& head)>;

  Peer(asio::io_context& context, Answer answer, const std::string& address = "127.0.0.1", std::uint16_t port = 0)
      : context_(context), answer_(std::move(answer)) {
    auto bound = net::Listener::bind(context, address, port);
    if (!bound) throw std::runtime_error(describe(bound.error()));
    listener_ = std::move(*bound);
    net::spawn(context_, accept());
  }
  ~Peer() { listener_->close(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  [[nodiscard]] scenario::Url url() const { return {"ws", "127.0.0.1", port(), true, "/", ""}; }

  std::size_t connections = 0;
  std::vector<std::string> heads;
  /// A connection on which no request has come for so long is closed.
  Duration patience = std::chrono::seconds(10);

 private:
  net::awaitable<void> accept() {
    while (auto stream = co_await listener_->accept()) {
      ++connections;
      net::spawn(context_, converse(std::move(*stream)));
    }
  }

  net::awaitable<void> converse(net::StreamPtr stream) {
    const Deadline deadline = SteadyClock::now() + patience;
    std::string head;
    std::array<std::byte, 16384> buffer{};
    while (head.find("\r\n\r\n") == std::string::npos) {
      const auto got = co_await stream->read_some(buffer, Phase::request, deadline);
      if (got.value_or(0) == 0) co_return;
      head.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
    heads.push_back(head);
    const std::string bytes = answer_(head);
    const Deadline end = SteadyClock::now() + std::chrono::seconds(10);
    if (bytes.empty()) {
      static_cast<void>(co_await stream->read_some(buffer, Phase::request, end));  // until the client goes
    } else if (bytes == let_in) {
      WebSocketServer server;
      std::string reply = server.answer(head);
      for (;;) {
        static_cast<void>(co_await stream->write(std::as_bytes(std::span(reply)), Phase::response, end));
        const auto got = co_await stream->read_some(buffer, Phase::message, end);
        if (got.value_or(0) == 0) break;
        reply = server.answer({reinterpret_cast<const char*>(buffer.data()), *got});
      }
    } else {
      static_cast<void>(co_await stream->write(std::as_bytes(std::span(bytes)), Phase::response, end));
    }
    stream->close();
  }

  asio::io_context& context_;
  Answer answer_;
  std::unique_ptr<net::Listener> listener_;
};

inline bool is_upgrade(const std::string& head) { return head.find("Upgrade: websocket") != std::string::npos; }

/// The usual three steps: health, the valid upgrade, the invalid one.
inline scenario::Scenario usual_scenario(const scenario::Url& edge) {
  scenario::Scenario scenario;
  scenario.name = "test";
  scenario.edge = edge;
  const auto secret = std::make_shared<const Secret>("valid", "s3cret-T0ken-77");
  scenario.secrets = {secret};
  scenario.valid.append(secret);
  scenario.invalid = "wsprobe-invalid-4f1c";
  scenario.steps.emplace_back(scenario::HealthStep{});
  scenario::UpgradeStep step;
  step.name = "valid";
  step.path = "/api/ws";
  step.query = {{"token", scenario.valid}};
  step.credential = CredentialUse::valid;
  step.expect.answer = Expected::accepted;
  step.ping = 1;
  step.hold = std::chrono::milliseconds(1);
  scenario.steps.emplace_back(step);
  step.name = "invalid";
  step.query = {{"token", scenario.invalid}};
  step.credential = CredentialUse::invalid;
  step.expect.answer = Expected::rejected;
  step.ping = 0;
  step.hold = {};
  scenario.steps.emplace_back(step);
  return scenario;
}

/// The same without the invalid one: a peer that refuses it would have to be a known product to be settled at once.
inline scenario::Scenario scenario_with_token(const scenario::Url& edge) {
  scenario::Scenario scenario = usual_scenario(edge);
  scenario.steps.pop_back();
  return scenario;
}

inline std::string with_status(const std::string& line, const std::string& body = {}) {
  return "HTTP/1.1 " + line + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

/// An application that is well and lets in who has the token.
inline std::string well(const std::string& head) {
  if (!is_upgrade(head)) {
    return with_status("200 OK", R"({"status":"ok","ws":{"available":true,"active_connections":0}})");
  }
  return head.find("s3cret-T0ken-77") != std::string::npos ? Peer::let_in
                                                           : with_status("403 Forbidden", R"({"detail":"no"})");
}

}  // namespace wsprobe::test
