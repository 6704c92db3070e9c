#include "raw_loop.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

// FIN close 1000, masked with zero bytes: as many bytes as ours, and no work to make them.
constexpr std::array<unsigned char, 8> close_frame{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("connect");
  return descriptor;
}

}  // namespace

void raw_upgrades(int port, int count, const std::string& request) {
  std::array<char, 4096> buffer;
  for (int at = 0; at < count; ++at) {
    const int descriptor = connect_to(port);
    if (::send(descriptor, request.data(), request.size(), 0) < 0) die("send");
    std::size_t size = 0;
    while (std::memcmp(buffer.data() + (size < 4 ? 0 : size - 4), "\r\n\r\n", 4) != 0 || size < 4) {
      const ssize_t received = ::recv(descriptor, buffer.data() + size, buffer.size() - size, 0);
      if (received <= 0) die("recv");
      size += static_cast<std::size_t>(received);
    }
    if (std::memcmp(buffer.data(), "HTTP/1.1 101", 12) != 0) die("status");
    if (::send(descriptor, close_frame.data(), close_frame.size(), 0) < 0) die("send");
    if (::recv(descriptor, buffer.data(), buffer.size(), 0) != 4) die("echo");
    ::close(descriptor);
  }
}

void raw_tls_upgrades(int port, int count, const std::string& request, const std::string& ca_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) die("ca file");
  std::array<char, 4096> buffer;
  for (int at = 0; at < count; ++at) {
    const int descriptor = connect_to(port);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, descriptor);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1");
    if (SSL_connect(ssl) != 1) die("handshake");
    if (SSL_write(ssl, request.data(), static_cast<int>(request.size())) <= 0) die("write");
    if (SSL_read(ssl, buffer.data(), buffer.size()) <= 12) die("read");
    if (std::memcmp(buffer.data(), "HTTP/1.1 101", 12) != 0) die("status");
    if (SSL_write(ssl, close_frame.data(), close_frame.size()) <= 0) die("write");
    if (SSL_read(ssl, buffer.data(), buffer.size()) != 4) die("echo");
    SSL_shutdown(ssl);
    SSL_free(ssl);
    ::close(descriptor);
  }
  SSL_CTX_free(context);
}

}  // namespace bench
