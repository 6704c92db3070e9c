// What a browser asks for on its way into a page, and what it makes of the answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "browser/connect.hpp"
#include "browser/page.hpp"
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

/// Why it is not read here, though a browser would, in words; empty where it is.
[[nodiscard]] std::string why_unreadable(const Response& response);

/// Why there is no page in it, in words; empty where there is.
[[nodiscard]] std::string problem_with_page(const Response& response);

/// Why browsers do not run it, in words; empty where they do.
[[nodiscard]] std::string problem_with_script(const Response& response, bool module);

[[nodiscard]] bool has_attribute(const browser::PageScript& script, std::string_view name);

/// Browsers run it only where its origin lets the page's have it: modules, and scripts that say `crossorigin`.
[[nodiscard]] bool needs_consent(const browser::PageScript& script);

/// The response lets `origin` have it (Fetch, "CORS check").
[[nodiscard]] bool consents(const Response& response, const std::string& origin);

/// Lower case, without parameters; empty where the response does not say.
[[nodiscard]] std::string media_type(const Response& response);

/// https where it is http; a port of its own stays.
[[nodiscard]] browser::Url by_tls(browser::Url url);

/// The hosts that have said Strict-Transport-Security on this visit, which are gone to by TLS from then on.
class StrictHosts {
 public:
  void note(const browser::Url& url, const Response& response);
  [[nodiscard]] browser::Url upgraded(browser::Url url) const;
  [[nodiscard]] const std::vector<browser::Page::Strict>& hosts() const { return hosts_; }

 private:
  std::vector<browser::Page::Strict> hosts_;
};

/// Its media type keeps browsers from running it (Fetch, "blocked due to its MIME type").
[[nodiscard]] bool is_refused_as_script(const Response& response, bool module);

}  // namespace wsprobe::engine
