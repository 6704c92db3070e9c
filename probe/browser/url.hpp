// URLs as browsers read them: the URL Standard (url.spec.whatwg.org), for the schemes that a page, its scripts and its
// WebSockets have. A browser repairs much that a probe would refuse (`\` for `/`, tabs, `HTTP:`), and it is the browser
// that is followed here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsprobe::browser {

/// Longer ones are refused.
inline constexpr std::size_t longest_url = 8192;

struct Url {
  std::string scheme;                 ///< lower case, without ':'
  std::string host;                   ///< lower case; IPv6 in brackets; empty for schemes without one
  std::optional<std::uint16_t> port;  ///< none where it is the scheme's own
  std::string path;                   ///< begins with '/'; of other schemes: everything up to '?' or '#'
  std::optional<std::string> query;   ///< without '?'
  std::optional<std::string> fragment;
  bool has_credentials = false;  ///< a user name or password stood in it; they are not kept

  /// http, https, ws or wss: the schemes with a host whose rules are known here.
  [[nodiscard]] bool is_web() const;
  /// https or wss.
  [[nodiscard]] bool secure() const;
  /// That of the scheme where none is given; 0 where the scheme has none.
  [[nodiscard]] std::uint16_t effective_port() const;
  /// "host" or "host:port".
  [[nodiscard]] std::string authority() const;
  /// "https://host:port"; "null" where the scheme has no host.
  [[nodiscard]] std::string origin() const;
  [[nodiscard]] std::string href() const;
  /// Without query and fragment: what may be shown of it.
  [[nodiscard]] std::string display() const;

  friend bool operator==(const Url&, const Url&) = default;
};

/// The error says what is wrong, as half a sentence: "the port is larger than 65535". Names that are not ASCII are
/// refused too, though browsers take them: their mapping to `xn--` is not known here.
[[nodiscard]] tl::expected<Url, std::string> parse_url(std::string_view text, const Url* base = nullptr);

/// The host as the standard reads it: lower case, percent-decoded, IPv4 in any of its spellings as four numbers.
[[nodiscard]] tl::expected<std::string, std::string> parse_host(std::string_view text);

/// 0 where the scheme has no port of its own.
[[nodiscard]] std::uint16_t default_port(std::string_view scheme);

}  // namespace wsprobe::browser
