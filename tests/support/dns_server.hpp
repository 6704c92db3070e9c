// A name server on loopback, UDP and TCP on the same port, whose answers are a function of the question.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace wsprobe::test {

enum class DnsType : std::uint16_t { a = 1, cname = 5, aaaa = 28 };
enum class DnsTransport : std::uint8_t { udp, tcp };

struct DnsQuestion {
  std::string name;  ///< lower case, without the final dot
  DnsType type{};
  DnsTransport transport{};
  std::string raw;  ///< the whole query
};

struct DnsRecord {
  std::string name;
  DnsType type{};
  std::string value;  ///< an address or a name
};

// Response codes of RFC 1035 section 4.1.1.
inline constexpr int dns_no_error = 0;
inline constexpr int dns_form_error = 1;
inline constexpr int dns_server_failure = 2;
inline constexpr int dns_name_error = 3;
inline constexpr int dns_not_implemented = 4;
inline constexpr int dns_query_refused = 5;

enum class Truncated : std::uint8_t { no, yes };

/// A well-formed response to the question.
std::string dns_response(const DnsQuestion& question, int code, const std::vector<DnsRecord>& records = {},
                         Truncated truncated = Truncated::no);

/// The question's type alone decides: these addresses for A, those for AAAA.
std::string dns_addresses(const DnsQuestion& question, const std::vector<std::string>& ipv4,
                          const std::vector<std::string>& ipv6);

class DnsServer {
 public:
  /// An empty answer is silence.
  using Answer = std::function<std::string(const DnsQuestion&)>;

  explicit DnsServer(Answer answer);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  /// "127.0.0.1:port"
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::vector<DnsQuestion> questions() const;

 private:
  bool try_bind();
  void serve();
  std::string answer(std::string query, DnsTransport transport);

  Answer answer_;
  int udp_ = -1;
  int tcp_ = -1;
  std::array<int, 2> stop_{-1, -1};  // a pipe
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<DnsQuestion> questions_;
  std::thread thread_;
};

}  // namespace wsprobe::test
