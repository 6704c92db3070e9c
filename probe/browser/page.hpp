// What a browser makes of a page's HTML before any script has run: its scripts in the order in which they run, its
// base, its policies, and whether it goes elsewhere by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "browser/html.hpp"
#include "browser/url.hpp"

namespace wsprobe::browser {

enum class ScriptTiming : std::uint8_t {
  at_once,   ///< when the parser comes to it
  deferred,  ///< in order, once the document is parsed: `defer`, modules
  at_will,   ///< as soon as it is there, in no order: `async`
};

struct PageScript {
  std::optional<Url> source;  ///< none: inline
  std::string text;           ///< of an inline script
  std::size_t line = 0;       ///< of its tag in the page
  std::size_t text_line = 0;  ///< where an inline script's text begins
  bool module = false;
  ScriptTiming timing = ScriptTiming::at_once;
  std::vector<Attribute> attributes;
};

/// A Content-Security-Policy of a meta element in the head; those elsewhere do not count.
struct MetaPolicy {
  std::string text;
  std::size_t line = 0;
};

/// A meta element that sends the browser elsewhere.
struct Refresh {
  Url url;
  unsigned seconds = 0;
  std::size_t line = 0;
};

struct PageContents {
  Url base;                         ///< what relative URLs are relative to: the page's own, or that of a base element
  std::vector<PageScript> scripts;  ///< in the order in which they run, those of no order last
  std::vector<MetaPolicy> policies;
  std::optional<Refresh> refresh;     ///< to another page than this one
  std::vector<std::string> problems;  ///< sentences: what could not be understood
};

[[nodiscard]] PageContents read_page(const Url& url, std::string_view html);

/// Whether a browser takes `type` for a classic script's (the MIME Sniffing Standard's JavaScript types).
[[nodiscard]] bool is_javascript_type(std::string_view type);

}  // namespace wsprobe::browser
