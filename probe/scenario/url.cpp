// Absolute URLs as targets have them: RFC 3986, of its forms only what a probe can dial.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/ascii.hpp"
#include "core/text.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::scenario {
namespace {

using Problem = tl::unexpected<std::string>;

constexpr std::size_t longest_host = 253;
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_url = 2048;

bool is_alphanumeric(char c) { return is_digit(c) || is_alpha(c); }

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" || scheme == "wss" ? 443 : 80; }

std::string join(const std::vector<std::string>& schemes) {
  std::string out;
  for (const std::string& scheme : schemes) out += (out.empty() ? "" : " or ") + scheme + "://";
  return out;
}

/// Null where `text` holds only pchar, '/' and (in a query) '?', and whole percent-encodings; else why not.
std::optional<std::string> check_characters(std::string_view text, std::string_view part) {
  constexpr std::string_view punctuation = "-._~!$&'()*+,;=:@/?%";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!is_alphanumeric(c) && punctuation.find(c) == std::string_view::npos) {
      return fmt::format("the {} has to percent-encode {}", part,
                         backquoted(text.substr(at, std::max<std::size_t>(utf8_length(text, at), 1))));
    }
    if (c == '%' && (text.size() - at < 3 || !is_hex_digit(text[at + 1]) || !is_hex_digit(text[at + 2]))) {
      return fmt::format("a `%` in the {} has to be followed by two hexadecimal digits", part);
    }
  }
  return std::nullopt;
}

std::optional<std::string> check_name(std::string_view host) {
  if (host.empty()) return "the URL has no host";
  if (host.size() > longest_host) return fmt::format("the host is longer than {} characters", longest_host);
  if (std::any_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return "the host is not ASCII: write an international name in its `xn--` form";
  }
  std::string_view rest = host;
  if (rest.back() == '.') rest.remove_suffix(1);  // the root label
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (label.empty()) return "the host has an empty label";
    if (label.size() > longest_label)
      return fmt::format("a label of the host is longer than {} characters", longest_label);
    const auto bad =
        std::find_if_not(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
    if (bad != label.end()) {
      return fmt::format("{} cannot stand in a host name", backquoted(std::string_view(&*bad, 1)));
    }
    if (dot == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(dot + 1);
  }
}

std::optional<std::string> check_address(const std::string& host) {
  if (host.find('%') != std::string::npos) return "an IPv6 address with a zone is not supported";
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (inet_pton(AF_INET6, host.c_str(), address.data()) == 1) return std::nullopt;
  return fmt::format("{} is not an IPv6 address", backquoted(host));
}

std::optional<std::string> read_port(std::string_view text, Url& url) {
  if (text.empty()) return "the port is missing behind the `:`";
  int port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, port);
  if (problem != std::errc() || stop != end || port < 1 || port > 65535) {
    return fmt::format("the port has to be a number from 1 to 65535, not {}", backquoted(text));
  }
  url.port = static_cast<std::uint16_t>(port);
  url.port_given = true;
  return std::nullopt;
}

std::optional<std::string> read_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) return "a URL with a user name or password is not accepted";
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return "`[` without its `]` around the IPv6 address";
    url.host = lower_case(text.substr(1, end - 1));
    port = text.substr(end + 1);
    if (auto problem = check_address(url.host)) return problem;
    if (!port.empty() && port.front() != ':') return "after the IPv6 address comes `:port` or `/`";
  } else {
    const std::size_t colon = text.find(':');
    url.host = lower_case(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon);
    if (std::count(text.begin(), text.end(), ':') > 1) return "an IPv6 address stands in brackets: [::1]";
    if (auto problem = check_name(url.host)) return problem;
  }
  return port.empty() ? std::nullopt : read_port(port.substr(1), url);
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != default_port(scheme)) out += fmt::format(":{}", port);
  return out;
}

std::string Url::display() const { return scheme + "://" + authority() + path; }

tl::expected<Url, std::string> parse_url(std::string_view text, const std::vector<std::string>& allowed) {
  Url url;
  if (text.size() > longest_url) return Problem(fmt::format("the URL is longer than {} characters", longest_url));
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return Problem(fmt::format("the URL has to begin with {}", join(allowed)));
  url.scheme = lower_case(text.substr(0, colon));
  if (std::find(allowed.begin(), allowed.end(), url.scheme) == allowed.end()) {
    return Problem(fmt::format("the URL has to begin with {}, not {}", join(allowed), backquoted(url.scheme + "://")));
  }
  url.port = default_port(url.scheme);
  text.remove_prefix(colon + 3);

  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  if (auto problem = read_authority(text.substr(0, authority_end), url)) return Problem(std::move(*problem));
  text.remove_prefix(authority_end);

  if (text.find('#') != std::string_view::npos) return Problem("a fragment (`#`) never reaches a server: remove it");
  const std::size_t question = text.find('?');
  if (question != std::string_view::npos) url.query = text.substr(question + 1);
  const std::string_view path = text.substr(0, question);
  if (!path.empty()) url.path = path;
  if (auto problem = check_characters(url.path, "path")) return Problem(std::move(*problem));
  if (auto problem = check_characters(url.query, "query"))
    return Problem("the query of the URL has characters that have to be percent-encoded");
  return url;
}

tl::expected<std::string, std::string> parse_path(std::string_view text) {
  if (text.empty() || text.front() != '/') return Problem("a path begins with `/`");
  if (text.size() > longest_url) return Problem(fmt::format("the path is longer than {} characters", longest_url));
  if (text.find('?') != std::string_view::npos)
    return Problem("a path has no `?`: parameters are given as `query: {name: value}`");
  if (text.find('#') != std::string_view::npos) return Problem("a fragment (`#`) never reaches a server: remove it");
  if (auto problem = check_characters(text, "path")) return Problem(std::move(*problem));
  return std::string(text);
}

}  // namespace wsprobe::scenario
