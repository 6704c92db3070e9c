#include "support/dns_server.hpp"

#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wsprobe::test {
namespace {

constexpr std::size_t header_size = 12;

std::string u16(std::size_t value) { return {static_cast<char>(value >> 8 & 0xFFU), static_cast<char>(value & 0xFFU)}; }

std::string encode_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return out + '\0';
}

std::string encode_value(const DnsRecord& record) {
  if (record.type == DnsType::cname) return encode_name(record.value);
  char bytes[sizeof(in6_addr)];
  const bool ipv4 = record.type == DnsType::a;
  if (::inet_pton(ipv4 ? AF_INET : AF_INET6, record.value.c_str(), bytes) != 1) {
    throw std::invalid_argument(record.value);
  }
  return {bytes, ipv4 ? sizeof(in_addr) : sizeof(in6_addr)};
}

/// The question section's length: name, type, class.
std::size_t question_size(std::string_view query) {
  const std::size_t end = query.find('\0', header_size);
  if (end == std::string_view::npos || end + 5 > query.size()) throw std::invalid_argument("no question");
  return end + 5 - header_size;
}

DnsQuestion decode_question(std::string query, DnsTransport transport) {
  DnsQuestion question;
  question.transport = transport;
  const std::size_t size = question_size(query);
  for (std::size_t at = header_size; query[at] != '\0';) {
    const auto length = static_cast<unsigned char>(query[at]);
    if (!question.name.empty()) question.name += '.';
    for (const char c : query.substr(at + 1, length)) question.name += static_cast<char>(std::tolower(c));
    at += length + 1U;
  }
  const std::size_t type = header_size + size - 4;
  question.type =
      static_cast<DnsType>(static_cast<unsigned char>(query[type]) << 8 | static_cast<unsigned char>(query[type + 1]));
  question.raw = std::move(query);
  return question;
}

}  // namespace

std::string dns_response(const DnsQuestion& question, int code, const std::vector<DnsRecord>& records,
                         Truncated truncated) {
  // Flags: response, recursion desired and available.
  const std::size_t flags = 0x8180U | (truncated == Truncated::yes ? 0x0200U : 0U) | static_cast<unsigned>(code);
  std::string out = question.raw.substr(0, 2) + u16(flags) + u16(1) + u16(records.size()) + u16(0) + u16(0) +
                    question.raw.substr(header_size, question_size(question.raw));
  for (const DnsRecord& record : records) {
    const std::string value = encode_value(record);
    out += encode_name(record.name) + u16(static_cast<std::size_t>(record.type)) + u16(1) + u16(0) + u16(60) +
           u16(value.size()) + value;
  }
  return out;
}

std::string dns_addresses(const DnsQuestion& question, const std::vector<std::string>& ipv4,
                          const std::vector<std::string>& ipv6) {
  std::vector<DnsRecord> records;
  for (const std::string& address : question.type == DnsType::aaaa ? ipv6 : ipv4) {
    records.push_back({question.name, question.type, address});
  }
  return dns_response(question, dns_no_error, records);
}

DnsServer::DnsServer(Answer answer) : answer_(std::move(answer)) {
  for (int attempts = 0; !try_bind(); ++attempts) {
    if (attempts == 20) throw std::runtime_error("no port that is free for both UDP and TCP");
  }
  if (::pipe2(stop_.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  ::close(stop_[1]);
  thread_.join();
  for (const int descriptor : {stop_[0], udp_, tcp_}) ::close(descriptor);
}

bool DnsServer::try_bind() {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = reinterpret_cast<sockaddr*>(&local);
  socklen_t size = sizeof local;
  udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = ::bind(tcp_, raw, sizeof local) == 0 && ::listen(tcp_, 8) == 0 &&
                     ::getsockname(tcp_, raw, &size) == 0 && ::bind(udp_, raw, sizeof local) == 0;
  port_ = ntohs(local.sin_port);
  if (!bound) {
    ::close(udp_);
    ::close(tcp_);
  }
  return bound;
}

void DnsServer::serve() {
  std::vector<pollfd> watched{{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
  char buffer[2048];
  while (::poll(watched.data(), watched.size(), -1) > 0 && watched[0].revents == 0) {
    if (watched[1].revents != 0) {
      sockaddr_storage from{};
      socklen_t from_size = sizeof from;
      auto* raw_from = reinterpret_cast<sockaddr*>(&from);
      const ssize_t size = ::recvfrom(udp_, buffer, sizeof buffer, 0, raw_from, &from_size);
      if (size <= 0) continue;
      const std::string reply = answer({buffer, static_cast<std::size_t>(size)}, DnsTransport::udp);
      if (!reply.empty()) ::sendto(udp_, reply.data(), reply.size(), 0, raw_from, from_size);
    }
    if (watched[2].revents != 0) {
      watched.push_back({::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC), POLLIN, 0});
      continue;
    }
    for (std::size_t at = 3; at < watched.size(); ++at) {
      if (watched[at].revents == 0) continue;
      // Two bytes of length, then the query (RFC 1035 section 4.2.2); on loopback they come in one piece.
      const ssize_t size = ::recv(watched[at].fd, buffer, sizeof buffer, 0);
      const std::string reply =
          size > 2 ? answer({buffer + 2, static_cast<std::size_t>(size) - 2}, DnsTransport::tcp) : std::string();
      const std::string framed = u16(reply.size()) + reply;
      if (!reply.empty()) ::send(watched[at].fd, framed.data(), framed.size(), MSG_NOSIGNAL);
      if (size <= 0) {
        ::close(watched[at].fd);
        watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(at--));
      }
    }
  }
  for (std::size_t at = 3; at < watched.size(); ++at) ::close(watched[at].fd);
}

std::string DnsServer::answer(std::string query, DnsTransport transport) {
  DnsQuestion question = decode_question(std::move(query), transport);
  {
    const std::scoped_lock lock(mutex_);
    questions_.push_back(question);
  }
  return answer_(question);
}

std::string DnsServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

std::vector<DnsQuestion> DnsServer::questions() const {
  const std::scoped_lock lock(mutex_);
  return questions_;
}

}  // namespace wsprobe::test
