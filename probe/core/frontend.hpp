// What a page makes browsers do: the WebSocket URL that it names, and whether a browser on it would open that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace wsprobe {

/// What would become of the socket in a browser.
enum class BrowserAnswer : std::uint8_t {
  connects,      ///< it would be open
  blocked,       ///< the browser itself refuses, and sends nothing
  refused,       ///< the browser asks, and somebody answers no
  unreachable,   ///< the browser asks, and nobody answers
  undetermined,  ///< it is not known which URL the page names, or what would become of it
};

/// Why a browser refuses by itself.
enum class BrowserObstacle : std::uint8_t { none, bad_url, bad_scheme, fragment, bad_port, mixed_content, csp };

struct FrontendPolicy {
  std::string text;
  bool reports_only = false;
  bool in_page = false;  ///< of a meta element
  std::size_t line = 0;  ///< of that element
};

struct FrontendScript {
  std::string address;      ///< without its query; empty: it stands in the page
  std::size_t line = 0;     ///< of its tag in the page
  std::string end;          ///< "completed", "threw", "needed" ...: see docs/FRONTEND.md
  std::string detail;       ///< the exception, what was needed, why it could not be fetched
  std::size_t at_line = 0;  ///< where in the script; 0: not known
};

/// The page's URL, asked as its browsers would: with the page's Origin.
struct FrontendAttempt {
  bool with_credential = false;  ///< only where the URL is at the scenario's edge
  bool accepted = false;
  int status = 0;  ///< of a refusal; a close code counts as one
  std::optional<Error> failure;
};

struct FrontendFacts {
  std::string page;                    ///< after redirects, without query
  std::vector<std::string> redirects;  ///< the pages on the way there
  std::string variable;                ///< "window.WS_BASE_URL"
  std::vector<FrontendPolicy> policies;
  std::vector<FrontendScript> scripts;
  std::string problem;                ///< why the URL is not known, in words; empty where it is
  std::optional<std::string> value;   ///< what the page says, as it says it
  std::string from;                   ///< what has that value: "window.WS_BASE_URL", "new WebSocket()"
  std::string place;                  ///< where it got it: "https://app.example.com/config.js:3"
  std::vector<std::string> literals;  ///< WebSocket URLs that stand in the scripts, with their places
  std::string url;                    ///< what a browser would connect to: absolute, without query
  std::string wanted;                 ///< the scenario's own: "wss://api.example.com/api/ws"
  bool same_origin = false;           ///< scheme, host and port are those of `wanted`
  bool same_path = false;
  bool wanted_is_allowed = true;  ///< a browser on this page would be let to `wanted`
  BrowserAnswer answer = BrowserAnswer::undetermined;
  BrowserObstacle obstacle = BrowserObstacle::none;
  std::string directive;  ///< of csp: as it is written
  std::string sentence;   ///< of a blocked one: why
  std::optional<FrontendAttempt> attempt;
  std::vector<std::string> notes;  ///< sentences
};

[[nodiscard]] std::string_view name(BrowserAnswer answer);
[[nodiscard]] std::string_view name(BrowserObstacle obstacle);

}  // namespace wsprobe
