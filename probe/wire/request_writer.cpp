#include "wire/request_writer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/evidence.hpp"
#include "wire/grammar.hpp"

namespace wsprobe::wire {
namespace {

tl::unexpected<Error> refuse(std::string detail) {
  return tl::unexpected(make_error(Phase::request, Reason::bad_configuration, std::move(detail)));
}

/// origin-form without anything that ends the request line early: visible ASCII only.
bool is_target(std::string_view target) {
  return !target.empty() && target.front() == '/' &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Adds the text as it is for the wire; gives what was added, which lies in `out`.
std::string_view append_revealed(std::string& out, const Text& text) {
  const std::size_t begin = out.size();
  for (const Text::Part& part : text.parts()) out += part.secret ? part.secret->reveal() : part.literal;
  return std::string_view(out).substr(begin);
}

}  // namespace

Result<std::string> write_request(const Request& request) {
  if (!is_token(request.method)) return refuse("the method is no token");
  if (request.host.empty() || has_control(request.host))
    return refuse("the Host field is empty or holds a control character");

  constexpr std::size_t usual_size = 512;
  std::string out;
  out.reserve(usual_size);
  out.append(request.method).append(" ");
  if (!is_target(append_revealed(out, request.target))) {
    return refuse("the path or query holds a space, a control character or a non-ASCII character");
  }
  out.append(" HTTP/1.1\r\nHost: ").append(request.host).append("\r\n");
  for (const RequestField& field : request.fields) {
    // The body's length is ours to say: a second opinion about where a request ends is how requests are smuggled.
    if (equals_ignoring_case(field.name, "Content-Length") || equals_ignoring_case(field.name, "Transfer-Encoding")) {
      return refuse(fmt::format("the header {} is set by the body", field.name));
    }
    if (!is_token(field.name)) return refuse(fmt::format("the header name \"{}\" is no token", field.name));
    out.append(field.name).append(": ");
    if (has_control(append_revealed(out, field.value))) {
      return refuse(fmt::format("the value of the header {} holds a control character", field.name));
    }
    out.append("\r\n");
  }
  const std::string body = request.body.reveal();
  const bool usually_has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!body.empty() || usually_has_body) out += fmt::format("Content-Length: {}\r\n", body.size());
  out += "\r\n";
  out += body;
  return out;
}

}  // namespace wsprobe::wire
