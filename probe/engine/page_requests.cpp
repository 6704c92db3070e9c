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
  spec.fields = {{"Accept", Text(std::move(accept))}, {"Accept-Encoding", Text("identity")}};
  spec.limits.body_kept = largest;
  spec.limits.body_drained = largest;
  return spec;
}

std::string why_unreadable(const Response& response) {
  if (!response.body_complete || !response.body_kept_whole()) return "it is too long";
  const std::string* coding = response.head.find("Content-Encoding");
  if (coding != nullptr && !coding->empty() && !equals_ignoring_case(*coding, "identity")) {
    return fmt::format("it came compressed ({}), though that was not asked for", escape_for_display(*coding));
  }
  // What browsers take it for otherwise depends on too much.
  return is_utf8(response.body) ? "" : "it is not UTF-8";
}

std::string problem_with_page(const Response& response) {
  const int status = response.head.status;
  if (status < 200 || status > 299) return fmt::format("the page was answered with {}", status);
  const std::string type = media_type(response);
  if (!type.empty() && type != "text/html") {
    return fmt::format("the page is not HTML: its type is {}", shorten(escape_for_display(type), 80));
  }
  if (std::string problem = why_unreadable(response); !problem.empty()) return "the page cannot be read: " + problem;
  return {};
}

std::string problem_with_script(const Response& response, bool module) {
  const int status = response.head.status;
  if (status < 200 || status > 299) return fmt::format("it was answered with {}", status);
  if (!is_refused_as_script(response, module)) return {};
  return fmt::format("browsers do not run it: its type is {}", shorten(escape_for_display(media_type(response)), 80));
}

bool has_attribute(const browser::PageScript& script, std::string_view name) {
  return std::any_of(script.attributes.begin(), script.attributes.end(),
                     [&](const browser::Attribute& attribute) { return attribute.name == name; });
}

bool needs_consent(const browser::PageScript& script) { return script.module || has_attribute(script, "crossorigin"); }

bool consents(const Response& response, const std::string& origin) {
  const std::string* allowed = response.head.find("Access-Control-Allow-Origin");
  return allowed != nullptr && (*allowed == "*" || *allowed == origin);
}

browser::Url by_tls(browser::Url url) {
  if (url.scheme != "http") return url;
  url.scheme = "https";
  if (url.port == std::uint16_t{80} || url.port == std::uint16_t{443}) url.port.reset();
  return url;
}

browser::Url StrictHosts::upgraded(browser::Url url) const {
  const bool strict = std::any_of(hosts_.begin(), hosts_.end(), [&](const browser::Page::Strict& host) {
    return host.host == url.host || (host.subdomains && url.host.ends_with("." + host.host));
  });
  return strict ? by_tls(std::move(url)) : url;
}

void StrictHosts::note(const browser::Url& url, const Response& response) {
  const std::string* field = response.head.find("Strict-Transport-Security");
  const bool address = url.host.starts_with('[') || url.host.find_first_not_of("0123456789.") == std::string::npos;
  if (field == nullptr || url.scheme != "https" || address) return;
  std::string text = *field;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (text.find("max-age=0") != std::string::npos) return;
  hosts_.push_back({url.host, text.find("includesubdomains") != std::string::npos});
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
