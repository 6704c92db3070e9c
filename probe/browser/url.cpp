#include "browser/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

using Problem = tl::unexpected<std::string>;

bool is_slash(char c) { return c == '/' || c == '\\'; }

/// The characters besides controls, DEL and what is not ASCII that a part of a URL has to percent-encode.
constexpr std::string_view encoded_in_fragment = " \"<>`";
constexpr std::string_view encoded_in_query = " \"#<>'";
constexpr std::string_view encoded_in_path = " \"#<>?`{}";

std::string percent_encode(std::string_view text, std::string_view also) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || also.find(c) != std::string_view::npos) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

/// Without the control characters and spaces around it, and without tabs and line ends anywhere.
std::string clean(std::string_view text) {
  const auto surrounds = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && surrounds(text.front())) text.remove_prefix(1);
  while (!text.empty() && surrounds(text.back())) text.remove_suffix(1);
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

/// One number of an IPv4 address: decimal, octal or hexadecimal.
std::optional<std::uint64_t> read_ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t base = 10;
  if (text.size() >= 2 && text[0] == '0' && to_lower(text[1]) == 'x') {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() >= 2 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_hex_digit(c) || static_cast<std::uint64_t>(hex_value(c)) >= base) return std::nullopt;
    value = value * base + static_cast<std::uint64_t>(hex_value(c));
    if (value > 0xffffffffU) return std::nullopt;
  }
  return value;
}

/// A name whose last label is a number can only be an IPv4 address.
bool ends_in_a_number(std::string_view host) {
  std::vector<std::string_view> labels = split(host, '.');
  if (labels.size() > 1 && labels.back().empty()) labels.pop_back();
  const std::string_view last = labels.back();
  if (!last.empty() && std::all_of(last.begin(), last.end(), is_digit)) return true;
  return last.size() >= 2 && last[0] == '0' && to_lower(last[1]) == 'x' && read_ipv4_number(last).has_value();
}

tl::expected<std::string, std::string> parse_ipv4(std::string_view host) {
  std::vector<std::string_view> parts = split(host, '.');
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  const Problem problem(fmt::format("the host `{}` ends in a number and is no IPv4 address", host));
  if (parts.size() > 4) return problem;
  std::uint64_t address = 0;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    const auto number = read_ipv4_number(parts[at]);
    const bool last = at + 1 == parts.size();
    const std::uint64_t limit = last ? std::uint64_t{1} << (8 * (4 - at)) : 256;
    if (!number || *number >= limit) return problem;
    address |= last ? *number : *number << (8 * (3 - at));
  }
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255);
}

/// The first of the longest runs of two and more zeros becomes "::".
std::string write_ipv6(const std::array<unsigned char, 16>& bytes) {
  std::array<int, 8> pieces{};
  for (std::size_t at = 0; at < 8; ++at) pieces[at] = bytes[2 * at] * 256 + bytes[2 * at + 1];
  std::size_t best = 8;
  std::size_t length = 1;
  for (std::size_t at = 0; at < 8; ++at) {
    std::size_t end = at;
    while (end < 8 && pieces[end] == 0) ++end;
    if (end - at > length) {
      best = at;
      length = end - at;
    }
  }
  std::string out = "[";
  for (std::size_t at = 0; at < 8; ++at) {
    if (at == best) {
      out += at == 0 ? "::" : ":";
      at += length - 1;
      continue;
    }
    out += fmt::format("{:x}", pieces[at]);
    if (at != 7) out += ':';
  }
  return out + "]";
}

/// What stands before the path of a URL with a host; `rest` is left at the path.
std::optional<std::string> take_authority(std::string_view& rest, Url& url) {
  const std::size_t end = std::min(rest.find_first_of("/\\?#"), rest.size());
  std::string_view authority = rest.substr(0, end);
  rest.remove_prefix(end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.has_credentials = at > 0;
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
  auto host = parse_host(authority.substr(0, colon));
  if (!host) return std::move(host.error());
  url.host = std::move(*host);
  if (!std::all_of(port.begin(), port.end(), is_digit)) return fmt::format("the port `{}` is no number", port);
  unsigned value = 0;
  for (const char digit : port) {
    value = value * 10 + static_cast<unsigned>(digit - '0');
    if (value > 65535) return "the port is larger than 65535";
  }
  url.port.reset();
  if (!port.empty() && value != default_port(url.scheme)) url.port = static_cast<std::uint16_t>(value);
  return std::nullopt;
}

bool is_single_dot(std::string_view segment) { return segment == "." || same_ignoring_case(segment, "%2e"); }

bool is_double_dot(std::string_view segment) {
  return segment == ".." || same_ignoring_case(segment, ".%2e") || same_ignoring_case(segment, "%2e.") ||
         same_ignoring_case(segment, "%2e%2e");
}

/// `text`, whose first slash if any is taken off already, behind the segments of `before`.
std::string resolve_path(std::vector<std::string> segments, std::string_view text) {
  for (;;) {
    const std::size_t end = std::min(text.find_first_of("/\\"), text.size());
    const std::string_view segment = text.substr(0, end);
    const bool last = end == text.size();
    if (is_double_dot(segment)) {
      if (!segments.empty()) segments.pop_back();
      if (last) segments.emplace_back();
    } else if (is_single_dot(segment)) {
      if (last) segments.emplace_back();
    } else {
      segments.push_back(percent_encode(segment, encoded_in_path));
    }
    if (last) break;
    text.remove_prefix(end + 1);
  }
  std::string path;
  for (const std::string& segment : segments) path += "/" + segment;
  return path;
}

std::vector<std::string> folder_of(const Url& base) {
  std::vector<std::string> segments;
  for (const std::string_view segment : split(std::string_view(base.path).substr(1), '/')) {
    segments.emplace_back(segment);
  }
  segments.pop_back();
  return segments;
}

/// Path, query and fragment; `before` are the segments that a relative path goes behind.
void take_path(std::string_view rest, std::vector<std::string> before, Url& url) {
  const std::size_t hash = rest.find('#');
  if (hash != std::string_view::npos) url.fragment = percent_encode(rest.substr(hash + 1), encoded_in_fragment);
  rest = rest.substr(0, hash);
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) url.query = percent_encode(rest.substr(question + 1), encoded_in_query);
  std::string_view path = rest.substr(0, question);
  if (!path.empty() && is_slash(path.front())) path.remove_prefix(1);
  url.path = resolve_path(std::move(before), path);
}

tl::expected<Url, std::string> with_authority(std::string_view rest, Url url) {
  if (auto problem = take_authority(rest, url)) return Problem(std::move(*problem));
  take_path(rest, {}, url);
  return url;
}

tl::expected<Url, std::string> relative_to(const Url& base, std::string_view rest) {
  if (!base.is_web()) return Problem("it is relative, and what it is relative to has no host");
  Url url = base;
  url.fragment.reset();
  if (rest.size() >= 2 && is_slash(rest[0]) && is_slash(rest[1])) {
    while (!rest.empty() && is_slash(rest.front())) rest.remove_prefix(1);
    url.query.reset();
    url.has_credentials = false;
    return with_authority(rest, std::move(url));
  }
  if (rest.empty() || rest.front() == '#' || rest.front() == '?') {
    const std::string path = url.path;
    if (rest.starts_with('?')) url.query.reset();
    take_path(rest, {}, url);
    url.path = path;
    return url;
  }
  url.query.reset();
  take_path(rest, is_slash(rest.front()) ? std::vector<std::string>() : folder_of(base), url);
  return url;
}

/// The scheme in lower case and what follows its colon, where the text begins with one.
std::optional<std::string> take_scheme(std::string_view& text) {
  if (text.empty() || !is_alpha(text.front())) return std::nullopt;
  const std::size_t end = static_cast<std::size_t>(
      std::find_if_not(text.begin(), text.end(),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }) -
      text.begin());
  if (end == text.size() || text[end] != ':') return std::nullopt;
  std::string scheme = lower_case(text.substr(0, end));
  text.remove_prefix(end + 1);
  return scheme;
}

/// A scheme without known rules: kept as it is.
Url opaque(std::string scheme, std::string_view rest) {
  Url url;
  url.scheme = std::move(scheme);
  const std::size_t hash = rest.find('#');
  if (hash != std::string_view::npos) url.fragment = percent_encode(rest.substr(hash + 1), encoded_in_fragment);
  rest = rest.substr(0, hash);
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) url.query = percent_encode(rest.substr(question + 1), encoded_in_query);
  url.path = percent_encode(rest.substr(0, question), "");
  return url;
}

}  // namespace

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

bool Url::is_web() const { return default_port(scheme) != 0; }

bool Url::secure() const { return scheme == "https" || scheme == "wss"; }

std::uint16_t Url::effective_port() const { return port ? *port : default_port(scheme); }

std::string Url::authority() const { return port ? fmt::format("{}:{}", host, *port) : host; }

std::string Url::origin() const { return is_web() ? scheme + "://" + authority() : "null"; }

std::string Url::href() const {
  std::string out = is_web() ? origin() + path : scheme + ":" + path;
  if (query) out += "?" + *query;
  if (fragment) out += "#" + *fragment;
  return out;
}

std::string Url::display() const { return is_web() ? origin() + path : scheme + ":" + path; }

tl::expected<std::string, std::string> parse_host(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    if (text.back() != ']') return Problem("`[` without its `]` around the IPv6 address");
    const std::string inside(text.substr(1, text.size() - 2));
    std::array<unsigned char, 16> address{};
    if (inet_pton(AF_INET6, inside.c_str(), address.data()) != 1) {
      return Problem(fmt::format("`{}` is no IPv6 address", inside));
    }
    return write_ipv6(address);
  }
  const std::string host = lower_case(percent_decoded(text));
  if (host.empty()) return Problem("it has no host");
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x7e) return Problem("its host is not ASCII, which is not supported here");
    if (byte <= 0x20 || std::string_view("#/:<>?@[\\]^|%").find(c) != std::string_view::npos) {
      return Problem(fmt::format("a character that no host has (0x{:02x}) stands in its host", byte));
    }
  }
  return ends_in_a_number(host) ? parse_ipv4(host) : host;
}

tl::expected<Url, std::string> parse_url(std::string_view text, const Url* base) {
  if (text.size() > longest_url) return Problem(fmt::format("it is longer than {} bytes", longest_url));
  const std::string cleaned = clean(text);
  std::string_view rest = cleaned;
  std::optional<std::string> scheme = take_scheme(rest);
  if (!scheme) {
    if (base == nullptr) return Problem("it is relative, and there is nothing that it is relative to");
    return relative_to(*base, rest);
  }
  if (default_port(*scheme) == 0) return opaque(std::move(*scheme), rest);
  const bool has_slashes = rest.size() >= 2 && is_slash(rest[0]) && is_slash(rest[1]);
  if (!has_slashes && base != nullptr && base->scheme == *scheme) return relative_to(*base, rest);
  while (!rest.empty() && is_slash(rest.front())) rest.remove_prefix(1);
  Url url;
  url.scheme = std::move(*scheme);
  return with_authority(rest, std::move(url));
}

}  // namespace wsprobe::browser
