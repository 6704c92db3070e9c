#include "engine/page_requests.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "browser/page.hpp"
#include "core/text.hpp"

namespace wsprobe::engine {

exchange::Target target_of(const browser::Url& url) {
  exchange::Target target;
  std::string host = url.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  target.authority = {url.secure() ? net::Security::tls : net::Security::plain, std::move(host), url.effective_port()};
  target.host_field = url.authority();
  target.path = url.path;
  if (url.query) target.query = Text(*url.query);
  return target;
}

exchange::HttpSpec get(const browser::Url& url, std::size_t largest, std::string accept) {
  exchange::HttpSpec spec;
  spec.target = target_of(url);
  spec.fields = {{"Accept", Text(std::move(accept))}};
  spec.limits.body_kept = largest;
  spec.limits.body_drained = largest;
  return spec;
}

std::string problem_with(const Response& response, std::string_view what) {
  if (response.head.status < 200 || response.head.status > 299) {
    return fmt::format("{} was answered with {}", what, response.head.status);
  }
  if (!response.body_complete || !response.body_kept_whole()) return fmt::format("{} is too long", what);
  const std::string* coding = response.head.find("Content-Encoding");
  if (coding != nullptr && !coding->empty() && !equals_ignoring_case(*coding, "identity")) {
    return fmt::format("{} came compressed ({}), though that was not asked for", what, escape_for_display(*coding));
  }
  return {};
}

std::string media_type(const Response& response) {
  const std::string* field = response.head.find("Content-Type");
  if (field == nullptr) return {};
  std::string type = field->substr(0, field->find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type;
}

bool is_redirect(const Response& response) {
  constexpr std::array<int, 5> statuses{301, 302, 303, 307, 308};
  return std::find(statuses.begin(), statuses.end(), response.head.status) != statuses.end() &&
         response.head.find("Location") != nullptr;
}

/// The MIME type keeps a browser from running it as a script (Fetch, "should response be blocked due to its MIME
/// type").
bool is_refused_as_script(const Response& response, bool module) {
  const std::string type = media_type(response);
  const std::string* sniffing = response.head.find("X-Content-Type-Options");
  const bool strict = module || (sniffing != nullptr && equals_ignoring_case(*sniffing, "nosniff"));
  if (strict) return !browser::is_javascript_type(type) || type.empty();
  return type.starts_with("image/") || type.starts_with("audio/") || type.starts_with("video/") || type == "text/csv";
}

}  // namespace wsprobe::engine
