// A TCP server whose behaviour is a function: what hostile and broken peers do is easiest to write down with blocking
// calls on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace wsprobe::test {

/// Serves one connection after the other. Whoever is connected has to close before the server is destroyed: declare the
/// server first. A behaviour that hangs for ten seconds is cut off.
class ScriptedServer {
 public:
  using Behaviour = std::function<void(int socket)>;

  explicit ScriptedServer(Behaviour behaviour, const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve();

  Behaviour behaviour_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// A port of the loopback address on which nothing listens: it is bound, so nobody else gets it.
class DeadPort {
 public:
  explicit DeadPort(const std::string& address = "127.0.0.1");
  ~DeadPort();
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
};

// Building blocks of behaviours.

void send_all(int socket, std::string_view bytes);
/// Whatever comes first, or nothing at the end.
std::string receive_some(int socket);
/// Returns when the peer has closed.
void drain(int socket);
/// Makes the close that follows a reset.
void reset_on_close(int socket);

}  // namespace wsprobe::test
