#include "unit/wire/dump.hpp"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/text.hpp"

namespace wsprobe::wire {

std::string dump(const Response& response) {
  constexpr std::array framings{"none", "content_length", "chunked", "until_close"};
  const ResponseHead& head = response.head;
  std::string out = fmt::format("status {} of HTTP/{}, reason \"{}\"\n", head.status, head.version,
                                escape_for_display(head.reason_phrase));
  if (!response.interim_statuses.empty()) out += fmt::format("after {}\n", fmt::join(response.interim_statuses, ", "));
  for (const HeaderField& field : head.fields) {
    out += fmt::format("field {} = \"{}\"\n", field.name, escape_for_display(field.value));
  }
  out += fmt::format("body {}, {} bytes, {}{}: \"{}\"\n", framings.at(static_cast<std::size_t>(response.framing)),
                     response.body_size, response.body_complete ? "complete" : "incomplete",
                     response.extra_bytes ? ", followed by more" : "", escape_for_display(response.body));
  return out;
}

}  // namespace wsprobe::wire
