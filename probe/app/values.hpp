// The values of options that curl has too, in curl's own notation.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "net/connector.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::app {

/// A value, or half a sentence that says what is wrong with it. No message repeats a header's value.
template <typename T>
using Parsed = tl::expected<T, std::string>;

struct HeaderOption {
  std::string name;
  std::string value;
};

/// "NAME: VALUE". Fields that belong to the handshake or to framing are refused: wsprobe writes them.
[[nodiscard]] Parsed<HeaderOption> parse_header(std::string_view text);

/// "HOST:PORT:ADDRESS[,ADDRESS...]"; host `*` matches any; IPv6 addresses may stand in brackets.
[[nodiscard]] Parsed<net::ResolveOverride> parse_resolve(std::string_view text);

/// "HOST1:PORT1:HOST2:PORT2"; empty parts mean any, or unchanged.
[[nodiscard]] Parsed<net::ConnectTo> parse_connect_to(std::string_view text);

/// A duration as scenarios write it ("500ms", "10s"), or seconds as curl does ("10", "2.5"). 1 ms to 24 h.
[[nodiscard]] Parsed<Duration> parse_time_limit(std::string_view text);

/// A file that can be opened for reading.
[[nodiscard]] Parsed<std::string> parse_readable_file(std::string_view path);

/// "[proxy=|backend=]FILE", a file that can be opened for reading. A file whose name begins like that is written
/// ./proxy=x.
[[nodiscard]] Parsed<scenario::WitnessSource> parse_witness_file(std::string_view text);

/// "[proxy=|backend=]COMMAND", split into words as a shell would; nothing else of a shell.
[[nodiscard]] Parsed<scenario::WitnessSource> parse_witness_command(std::string_view text);

/// Adds the field to every step of the scenario, in place of one of that name. Its value is never shown; where the name
/// says that it is a credential, it is also removed from whatever the peer sends back.
void add_header(scenario::Scenario& scenario, const HeaderOption& header);

}  // namespace wsprobe::app
