// The server of all measurements: as little as a WebSocket server can do, so that what is measured is the client.
//
//   bench_server [CERTIFICATE_FILE]     with a file, TLS: a fresh self-signed certificate for 127.0.0.1 is written
//   there
//
// One thread, blocking writes, epoll. Prints its port, serves until its standard input ends.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/handshake.hpp"

namespace {

struct Peer {
  int descriptor = -1;
  SSL* ssl = nullptr;
  bool open = false;  // the WebSocket is
  std::string received;
};

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

SSL_CTX* make_context(const char* certificate_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("bench"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate, key, EVP_sha256());
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key);
  SSL_CTX_set_num_tickets(context, 0);
  std::FILE* file = std::fopen(certificate_file, "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

std::string answer_to_head(const std::string& head, int open_sockets) {
  const std::size_t at = head.find("Sec-WebSocket-Key: ");
  if (at == std::string::npos) {
    const std::string body = R"({"status":"ok","ws":{"available":true,"active_connections":)" +
                             std::to_string(open_sockets) + R"(,"topics":3}})";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  if (head.find("token=refused") != std::string::npos) {
    return "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";
  }
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         wsprobe::wire::accept_for(head.substr(at + 19, 24)) + "\r\n\r\n";
}

void send_all(Peer& peer, const std::string& bytes) {
  if (peer.ssl != nullptr) {
    SSL_write(peer.ssl, bytes.data(), static_cast<int>(bytes.size()));
  } else {
    (void)!::send(peer.descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

/// False: the connection is to be closed. A frame is taken to come whole, as small frames on loopback do.
bool serve(Peer& peer, int& open_sockets) {
  std::array<char, 4096> buffer;
  const auto size = peer.ssl != nullptr ? SSL_read(peer.ssl, buffer.data(), static_cast<int>(buffer.size()))
                                        : static_cast<int>(::recv(peer.descriptor, buffer.data(), buffer.size(), 0));
  if (size <= 0) return peer.ssl != nullptr && SSL_get_error(peer.ssl, size) == SSL_ERROR_WANT_READ;
  peer.received.append(buffer.data(), static_cast<std::size_t>(size));
  if (!peer.open) {
    const std::size_t end = peer.received.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    const std::string answer = answer_to_head(peer.received, open_sockets);
    peer.received.erase(0, end + 4);
    peer.open = answer.compare(9, 3, "101") == 0;
    open_sockets += peer.open ? 1 : 0;
    send_all(peer, answer);
    if (!peer.open) return false;
  }
  if (peer.received.size() < 6) return true;
  const auto opcode = static_cast<unsigned char>(peer.received[0]) & 0x0FU;
  const std::size_t length = static_cast<unsigned char>(peer.received[1]) & 0x7FU;
  std::string payload;
  for (std::size_t at = 0; at < length; ++at) {
    payload += static_cast<char>(peer.received[6 + at] ^ peer.received[2 + at % 4]);
  }
  peer.received.erase(0, 6 + length);
  const auto reply_opcode = opcode == 9 ? 0x8A : 0x80 | opcode;  // ping to pong, close and text to themselves
  send_all(peer, std::string{static_cast<char>(reply_opcode), static_cast<char>(length)} + payload);
  return opcode != 8;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  SSL_CTX* context = argc > 1 ? make_context(argv[1]) : nullptr;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener, SOMAXCONN);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);

  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [&](int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
  };
  watch(listener);
  watch(STDIN_FILENO);
  std::unordered_map<int, Peer> peers;
  int open_sockets = 0;
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(poll, events.data(), events.size(), -1);
    for (int at = 0; at < count; ++at) {
      const int descriptor = events[static_cast<std::size_t>(at)].data.fd;
      if (descriptor == STDIN_FILENO) return 0;
      if (descriptor == listener) {
        Peer peer;
        peer.descriptor =
            ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | (context != nullptr ? SOCK_NONBLOCK : 0));
        const int on = 1;
        ::setsockopt(peer.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (context != nullptr) {
          peer.ssl = SSL_new(context);
          SSL_set_fd(peer.ssl, peer.descriptor);
          SSL_set_accept_state(peer.ssl);
        }
        watch(peer.descriptor);
        peers.emplace(peer.descriptor, std::move(peer));
        continue;
      }
      Peer& peer = peers[descriptor];
      if (serve(peer, open_sockets)) continue;
      open_sockets -= peer.open ? 1 : 0;
      if (peer.ssl != nullptr) SSL_free(peer.ssl);
      peers.erase(descriptor);
      ::close(descriptor);
    }
  }
}
