#include "support/scripted_server.hpp"

#include <array>
#include <csignal>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace wsprobe::test {
namespace {

constexpr timeval patience{10, 0};

/// A socket bound to `port` of `address`, or to a free one where it is 0, and the port.
std::pair<int, std::uint16_t> bind_any(const std::string& address, std::uint16_t port = 0) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(port);
  socklen_t size = sizeof local;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::inet_pton(AF_INET, address.c_str(), &local.sin_addr) != 1 ||
      ::bind(socket, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    throw std::runtime_error("no port to be had on " + address);
  }
  return {socket, ntohs(local.sin_port)};
}

}  // namespace

ScriptedServer::ScriptedServer(Behaviour behaviour, const std::string& address, std::uint16_t port)
    : behaviour_(std::move(behaviour)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  std::tie(listening_, port_) = bind_any(address, port);
  if (::listen(listening_, 64) != 0) throw std::runtime_error("cannot listen");
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listening_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  ::close(listening_);
}

void ScriptedServer::serve() {
  for (;;) {
    const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    behaviour_(socket);
    ::close(socket);
  }
}

DeadPort::DeadPort(const std::string& address) { std::tie(socket_, port_) = bind_any(address); }

DeadPort::~DeadPort() { ::close(socket_); }

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_some(int socket) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

void drain(int socket) {
  while (!receive_some(socket).empty()) {
  }
}

void reset_on_close(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace wsprobe::test
