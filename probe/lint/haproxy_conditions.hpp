// What an `if` or `unless` of HAProxy comes to for the request that opens the WebSocket (acl.c, sample.c, pattern.c).
//
// Three answers: it holds, it does not, or the text does not tell, because the client's address, its rate, its
// credentials or something else decides that is not in the question.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/haproxy_text.hpp"
#include "lint/question.hpp"
#include "lint/regex.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::haproxy {

/// The request as far as the question tells it; rules change it on the way.
struct Request {
  std::optional<std::string> path;  ///< none: a rule made something of it that the text does not tell
  std::string host;                 ///< of the Host header, with its port unless that is the scheme's; empty: unknown
  bool tls = true;                  ///< HAProxy itself ends the TLS connection
  bool says_hello = true;           ///< the client begins with TLS, whoever ends it
  std::uint16_t port = 443;         ///< on which HAProxy takes it
  std::map<std::string, std::optional<std::string>> vars;  ///< as http-request set-var sets them
  std::vector<std::string> changed_headers;                ///< lower case: no longer what the client sent
};

/// What an atom is about that the text does not decide.
enum class About : std::uint8_t { other, address, rate, credential };

/// A bound of a rate or of a number of connections: "sc_http_req_rate(0) gt 20".
struct Limit {
  std::string fetch;
  std::int64_t above = 0;
};

struct Judgement {
  Tells holds = Tells::unknown;
  Condition condition;  ///< where it is unknown
  bool by_credential = false;
  std::optional<Limit> limit;  ///< the one thing that is unknown
  /// It looks at the upgrade or at the path, and not at the host alone.
  bool is_specific = false;
};

class Conditions {
 public:
  /// The section's own ACLs, and those that it inherits. The request may change between the questions.
  Conditions(const std::vector<Section>& sections, const Section& section, const Request& request);

  /// Everything from the first `if` or `unless` on; holds where there is none.
  [[nodiscard]] Judgement judge(const Line& line) const;
  /// The value of a log format (`/app%[path]`) or of an expression (`path,lower`); none where the text does not tell.
  [[nodiscard]] std::optional<std::string> format_value(std::string_view format) const;
  [[nodiscard]] std::optional<std::string> expression_value(std::string_view expression) const;

 private:
  struct Atom;
  struct Term;
  struct Values;

  [[nodiscard]] Values fetch(std::string_view expression) const;
  [[nodiscard]] Values fetch_one(std::string_view name, std::string_view argument) const;
  [[nodiscard]] Atom term(const std::vector<std::string>& words, std::size_t& at) const;
  [[nodiscard]] static Atom predefined_one(const std::string& name);
  [[nodiscard]] Atom named(const std::string& name) const;
  [[nodiscard]] Atom test(const std::vector<std::string>& words) const;

  std::map<std::string, std::vector<const Line*>> lists_;
  mutable std::size_t tests_ = 0;  // spent; see most_tests
  const Request& request_;
};

}  // namespace wsprobe::lint::haproxy
