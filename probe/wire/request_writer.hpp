// HTTP/1.1 request writer (RFC 9112 section 3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace wsprobe::wire {

struct RequestField {
  std::string name;
  Text value;
};

struct Request {
  std::string method = "GET";
  Text target;  ///< origin-form, already percent-encoded: "/api/ws?token=..."
  std::string host;
  std::vector<RequestField> fields;  ///< after Host, in this order
  Text body;                         ///< Content-Length is added where there is one, and for POST, PUT and PATCH
};

/// The bytes to send. Fails with bad_configuration where a method, target or field would break the message
/// (CR, LF, NUL; a name that is no token; a length of its own): nothing a scenario holds can inject a second request.
Result<std::string> write_request(const Request& request);

}  // namespace wsprobe::wire
