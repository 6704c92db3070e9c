// The configuration that a running proxy gives out itself: Caddy's admin API.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "scenario/scenario.hpp"

namespace wsprobe::app {

/// What stands at the URL, at most lint::maximum_source_bytes, within 10 s; any answer but 200 is an error, redirects
/// included. A URL without a path asks for /config/, where Caddy's admin API has all of it.
[[nodiscard]] tl::expected<std::string, std::string> fetch_configuration(const scenario::Url& url);

}  // namespace wsprobe::app
