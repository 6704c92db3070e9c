#include "net/tls_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "net/certificate.hpp"
#include "net/tls_errors.hpp"

namespace wsprobe::net {
namespace {

class TlsStream final : public Stream {
 public:
  TlsStream(SocketPtr socket, SslPtr ssl, ClientCertificate certificate)
      : socket_(std::move(socket)), ssl_(std::move(ssl)), certificate_(certificate) {}
  ~TlsStream() override { close(); }

  awaitable<Result<std::size_t>> read_some(std::span<std::byte> into, Phase phase, Deadline deadline) override {
    for (;;) {
      if (!socket_->is_usable()) co_return tl::unexpected(wait_error(WaitResult::cancelled, phase));
      if (socket_->turn_is_over() && SSL_has_pending(ssl_.get()) == 0) {
        const WaitResult waited = co_await socket_->wait(Readiness::read, deadline);
        if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, phase));
      }
      ERR_clear_error();
      std::size_t received = 0;
      errno = 0;
      const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &received);
      if (result == 1) {
        socket_->count_read(received);
        co_return received;
      }
      const int error_number = errno;
      const int failure = SSL_get_error(ssl_.get(), result);
      if (failure == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
      if (failure != SSL_ERROR_WANT_READ && failure != SSL_ERROR_WANT_WRITE) {
        co_return tl::unexpected(transfer_failure(failure, error_number, phase));
      }
      // A record without data (a session ticket) was read: the next may be there already. Not for ever, though: a
      // flood of them has to let others run, and meets the deadline in the wait.
      if (error_number != EAGAIN && ++records_without_data_ % 16 != 0) continue;
      const Readiness wanted = failure == SSL_ERROR_WANT_READ ? Readiness::read : Readiness::write;
      const WaitResult waited = co_await socket_->wait(wanted, deadline);
      if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, phase));
    }
  }

  awaitable<Result<void>> write(std::span<const std::byte> bytes, Phase phase, Deadline deadline) override {
    while (!bytes.empty()) {
      if (!socket_->is_usable()) co_return tl::unexpected(wait_error(WaitResult::cancelled, phase));
      ERR_clear_error();
      std::size_t sent = 0;
      errno = 0;
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
      if (result == 1) {
        bytes = bytes.subspan(sent);
        continue;
      }
      const int failure = SSL_get_error(ssl_.get(), result);
      if (failure != SSL_ERROR_WANT_READ && failure != SSL_ERROR_WANT_WRITE) {
        co_return tl::unexpected(transfer_failure(failure, errno, phase));
      }
      const Readiness wanted = failure == SSL_ERROR_WANT_READ ? Readiness::read : Readiness::write;
      const WaitResult waited = co_await socket_->wait(wanted, deadline);
      if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, phase));
    }
    co_return Result<void>{};
  }

  bool is_quiet() override {
    if (!socket_->is_usable()) return false;
    // Session tickets may have come: they are read until nothing is left, or until it becomes a flood.
    for (int records = 0; records < 16; ++records) {
      ERR_clear_error();
      char byte = 0;
      std::size_t size = 0;
      errno = 0;
      const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &size);
      if (result == 1) return false;
      const int error_number = errno;
      if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
        ERR_clear_error();
        broken_ = true;
        return false;
      }
      if (error_number == EAGAIN) return true;
    }
    return false;
  }

  void close() override {
    if (!socket_->is_open()) return;
    ERR_clear_error();
    if (!broken_) SSL_shutdown(ssl_.get());  // one close_notify if it fits; the peer's is not waited for
    ERR_clear_error();
    socket_->close();
  }

 private:
  Error transfer_failure(int failure, int error_number, Phase phase) {
    broken_ = true;
    if (failure == SSL_ERROR_SYSCALL) {
      ERR_clear_error();
      return error_number != 0 ? transfer_error(error_number, phase) : make_error(phase, Reason::closed_truncated);
    }
    const bool end_of_file = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (end_of_file) {
      ERR_clear_error();
      return make_error(phase, Reason::closed_truncated);
    }
    return take_tls_error(phase, certificate_);
  }

  SocketPtr socket_;
  SslPtr ssl_;
  ClientCertificate certificate_;
  unsigned records_without_data_ = 0;
  bool broken_ = false;
};

bool is_address(const std::string& name) { return parse_address(name, 0).length != 0; }

bool set_identity(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  // Never the subject's common name, never a wildcard inside a label (RFC 9525).
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  return SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 &&
         X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size()) == 1;
}

/// In place of what the context offers.
void offer_http_2(SSL* ssl) {
  static constexpr std::array<unsigned char, 12> names{2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_set_alpn_protos(ssl, names.data(), names.size());
}

void keep_facts(SSL* ssl, TlsFacts& facts) {
  facts.version = SSL_get_version(ssl);
  const char* cipher = SSL_get_cipher_name(ssl);
  facts.cipher = cipher != nullptr ? cipher : "";
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  facts.alpn.assign(reinterpret_cast<const char*>(protocol), size);
}

/// The first bytes of the peer, from OpenSSL as it reads the header of the first record: of a peer that does not speak
/// TLS it would only tell "wrong version number".
struct FirstBytes {
  std::array<char, 5> bytes{};
  std::size_t size = 0;
};

void keep_first_bytes(int is_write, int /*version*/, int content_type, const void* bytes, std::size_t size, SSL* ssl,
                      void* kept) {
  auto* first = static_cast<FirstBytes*>(kept);
  if (is_write != 0 || content_type != SSL3_RT_HEADER || first->size != 0) return;
  first->size = std::min(size, first->bytes.size());
  std::memcpy(first->bytes.data(), bytes, first->size);
  // The flight of the server by one read instead of two a record. Not before: of a peer that does not speak TLS the
  // rest is looked for in the socket.
  if (looks_like_tls({first->bytes.data(), first->size})) SSL_set_read_ahead(ssl, 1);
}

/// The first bytes and what has arrived after them.
std::string excerpt(const FirstBytes& first, const Socket& socket) {
  std::string text(first.bytes.data(), first.size);
  char more[59];
  const ssize_t size = ::recv(socket.native(), more, sizeof more, MSG_PEEK);
  if (size > 0) text.append(more, static_cast<std::size_t>(size));
  return text;
}

/// What was only for the handshake: its facts are kept, and thousands of held connections would hold it all. What was
/// read ahead would be worked through inside OpenSSL: of a flood of records, 16 KiB at a time.
void forget_handshake(SSL* ssl) {
  SSL_set_read_ahead(ssl, 0);
  SSL_set_msg_callback(ssl, nullptr);
  SSL_set_app_data(ssl, nullptr);
}

ClientCertificate client_certificate(SSL* ssl, bool asked) {
  if (SSL_get_certificate(ssl) != nullptr && asked) return ClientCertificate::sent;
  return asked ? ClientCertificate::not_had : ClientCertificate::not_asked_for;
}

Error handshake_failure(int failure, int error_number, const ChainCapture& capture, const std::string& name, SSL* ssl) {
  if (capture.verify_error != X509_V_OK && capture.verify == Verify::full) {
    ERR_clear_error();
    return verify_error(capture, name);
  }
  if (failure == SSL_ERROR_SYSCALL) {
    ERR_clear_error();
    if (error_number == 0) return make_error(Phase::tls, Reason::tls_closed_in_handshake);
    return transfer_error(error_number, Phase::tls);
  }
  return take_tls_error(Phase::tls, client_certificate(ssl, capture.asked_for_certificate));
}

}  // namespace

awaitable<Result<StreamPtr>> tls_handshake(SSL_CTX* context, SocketPtr socket, std::string server_name, Verify verify,
                                           Protocols protocols, Deadline deadline, TlsFacts& facts) {
  SslPtr ssl(SSL_new(context));
  if (!ssl) co_return tl::unexpected(make_error(Phase::tls, Reason::out_of_memory));
  facts.server_name = server_name;
  ChainCapture capture;
  capture.verify = verify;
  capture.facts = &facts;
  SSL_set_app_data(ssl.get(), &capture);
  if (SSL_set_fd(ssl.get(), socket->native()) != 1 || !set_identity(ssl.get(), server_name)) {
    co_return tl::unexpected(
        make_error(Phase::tls, Reason::bad_configuration, fmt::format("{} cannot be asked for over TLS", server_name)));
  }
  if (protocols == Protocols::http_2_and_http_1) offer_http_2(ssl.get());
  FirstBytes first_bytes;
  SSL_set_msg_callback(ssl.get(), &keep_first_bytes);
  SSL_set_msg_callback_arg(ssl.get(), &first_bytes);
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(ssl.get());
    if (result == 1) break;
    const int error_number = errno;
    const int failure = SSL_get_error(ssl.get(), result);
    if (failure != SSL_ERROR_WANT_READ && failure != SSL_ERROR_WANT_WRITE) {
      if (!looks_like_tls({first_bytes.bytes.data(), first_bytes.size})) {
        ERR_clear_error();
        co_return tl::unexpected(not_tls_error(excerpt(first_bytes, *socket)));
      }
      co_return tl::unexpected(handshake_failure(failure, error_number, capture, server_name, ssl.get()));
    }
    const Readiness wanted = failure == SSL_ERROR_WANT_READ ? Readiness::read : Readiness::write;
    const WaitResult waited = co_await socket->wait(wanted, deadline);
    if (waited != WaitResult::ready) co_return tl::unexpected(wait_error(waited, Phase::tls));
  }
  keep_facts(ssl.get(), facts);
  const bool staple_matters = verify == Verify::full;
  if (const auto staple = check_ocsp_staple(ssl.get(), facts); !staple && staple_matters) {
    ERR_clear_error();
    facts.verified = false;
    facts.verify_error = sentence(staple.error().reason);
    co_return tl::unexpected(staple.error());
  }
  forget_handshake(ssl.get());
  const ClientCertificate certificate = client_certificate(ssl.get(), capture.asked_for_certificate);
  StreamPtr stream = std::make_unique<TlsStream>(std::move(socket), std::move(ssl), certificate);
  co_return stream;
}

StreamPtr make_tls_stream(SocketPtr socket, SslPtr ssl) {
  return std::make_unique<TlsStream>(std::move(socket), std::move(ssl), ClientCertificate::not_asked_for);
}

}  // namespace wsprobe::net
