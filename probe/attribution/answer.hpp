// Reading an exchange: what was answered, in the words that rules want.
//
// The shape of a response (which fields, in which order, in which case, framed how) tells who assembled it; what
// changes from request to request (dates, identifiers, reflected paths and credentials) does not, and is left out of
// comparisons.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ascii.hpp"
#include "core/report.hpp"

namespace wsprobe::attribution {

/// The response, or null.
[[nodiscard]] const Response* response_of(const StepReport* step);
/// The status, or 0 where there was no response.
[[nodiscard]] int status_of(const StepReport* step);
/// The failure, or null.
[[nodiscard]] const Error* failure_of(const StepReport* step);

/// An upgrade that got its 101, or over HTTP/2 its 200, and was not refused afterwards (it may have failed later, in
/// the session).
[[nodiscard]] bool accepted(const StepReport* step);
/// Accepted, and nothing went wrong in the session.
[[nodiscard]] bool works(const StepReport* step);
/// Accepted, then closed by the peer with a refusing code.
[[nodiscard]] bool closed_after_accept(const StepReport* step);
/// A response other than 101 to an upgrade, or a refusing close after it.
[[nodiscard]] bool refused(const StepReport* step);
/// What the peer does, as a verb with its object: "answers the upgrade with 403", "accepts the upgrade".
[[nodiscard]] std::string behaviour_of(const StepReport& step);
/// A whole response that refuses (no close after a 101).
[[nodiscard]] bool refused_by_response(const StepReport* step);

/// Something answered through the accepted socket: a ping, a message, or a counter that rose while it was held.
struct SessionProof {
  bool ping = false;
  bool message = false;
  bool counter = false;
  [[nodiscard]] bool any() const { return ping || message || counter; }
};
[[nodiscard]] SessionProof proof_of(const StepReport& step);

/// Field names in lower case, in the order in which they came.
[[nodiscard]] std::vector<std::string> names_of(const ResponseHead& head);
/// Position of a field name (lower case), or -1.
[[nodiscard]] int position_of(const ResponseHead& head, std::string_view name);
/// The values of all Server fields, sorted.
[[nodiscard]] std::vector<std::string> servers_of(const ResponseHead& head);

[[nodiscard]] std::string content_type_of(const Response& response);  ///< lower case, without parameters
[[nodiscard]] bool is_html(const Response& response);
[[nodiscard]] bool is_json(const Response& response);
/// No body, and the framing says so.
[[nodiscard]] bool has_empty_body(const Response& response);

/// The same answer as far as its author decides: status, phrase, fields (dates, tags and identifiers aside) and body
/// (reflected paths and credentials aside).
[[nodiscard]] bool same_answer(const StepReport* left, const StepReport* right);

/// True for a health document that only the application can have written: 200 and JSON.
[[nodiscard]] bool health_is_green(const StepReport* health);
[[nodiscard]] bool is_health_document(const StepReport* health);

}  // namespace wsprobe::attribution
