// What a browser asks for on its way into a page, and what it makes of the answers.
#pragma once

#include <string>
#include <string_view>

#include "browser/url.hpp"
#include "core/evidence.hpp"
#include "exchange/http_exchange.hpp"

namespace wsprobe::engine {

inline constexpr std::size_t largest_page = 2 * 1024 * 1024;
inline constexpr std::size_t largest_script = 4 * 1024 * 1024;

/// `url` is one of http, https, ws or wss.
[[nodiscard]] exchange::Target target_of(const browser::Url& url);

/// A GET whose answer is kept whole, up to `largest` bytes.
[[nodiscard]] exchange::HttpSpec get(const browser::Url& url, std::size_t largest, std::string accept);

/// One of the statuses that a browser follows, with a Location.
[[nodiscard]] bool is_redirect(const Response& response);

/// Why a browser, or we, could not go on with it, in words; empty where it is what was asked for.
[[nodiscard]] std::string problem_with(const Response& response, std::string_view what);

/// Lower case, without parameters; empty where the response does not say.
[[nodiscard]] std::string media_type(const Response& response);

/// Its media type keeps browsers from running it (Fetch, "blocked due to its MIME type").
[[nodiscard]] bool is_refused_as_script(const Response& response, bool module);

}  // namespace wsprobe::engine
