// Content Security Policy Level 3 (w3.org/TR/CSP3), as far as it decides what a page may connect to and which of its
// scripts run. Where browsers and the text differ, Chromium is followed: tests/browser asks it.
//
// A page has any number of policies, from header fields and from meta elements, and each of them has to allow. Within a
// policy the first directive of a name counts. What has no directive of its own falls back to `default-src`, and what
// has none of either is allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "browser/page.hpp"
#include "browser/url.hpp"

namespace wsprobe::browser {

enum class Disposition : std::uint8_t {
  enforce,
  report,  ///< Content-Security-Policy-Report-Only: blocks nothing
};

enum class Delivery : std::uint8_t { header, meta };

/// A policy as it was delivered: the value of one header field, or of one meta element's `content`.
struct PolicySource {
  std::string text;
  Disposition disposition = Disposition::enforce;
  Delivery delivery = Delivery::header;
  std::size_t line = 0;  ///< of the meta element in the page
};

struct Directive {
  std::string name;                 ///< lower case
  std::vector<std::string> values;  ///< as they are written
  std::string text;                 ///< the whole of it, as it is written: "connect-src 'self' https://api.example"
};

struct Policy {
  std::vector<Directive> directives;  ///< the first of each name
  Disposition disposition = Disposition::enforce;
  Delivery delivery = Delivery::header;
  std::size_t line = 0;

  /// Null where it has none of that name.
  [[nodiscard]] const Directive* find(std::string_view name) const;
};

/// One policy for each part between commas that has a directive. What a meta element cannot say is left out of it
/// (frame-ancestors, report-uri, sandbox; a policy that only reports).
[[nodiscard]] std::vector<Policy> parse_policies(const PolicySource& source);

/// The directive that decides about WebSockets: `connect-src`, else `default-src`, else none.
[[nodiscard]] const Directive* connect_directive(const Policy& policy);

/// Whether one of the directive's source expressions is that URL's, on a page of `self`; without redirects
/// (section 6.7.2.7).
[[nodiscard]] bool matches(const Directive& directive, const Url& url, const Url& self);

enum class Runs : std::uint8_t {
  yes,
  no,
  cannot_tell,  ///< it depends on a hash, which is not computed here
};

struct ScriptPermission {
  Runs runs = Runs::yes;
  std::string directive;  ///< the one that decides, as it is written
};

/// Whether the policies let that script run. `base` resolves nothing: the script's source is absolute already.
[[nodiscard]] ScriptPermission may_run(const std::vector<Policy>& policies, const PageScript& script, const Url& self);

}  // namespace wsprobe::browser
