// What the probe and its script host say to each other: one request on the host's standard input, one answer on its
// standard output. The host runs foreign scripts, so its answer is read as foreign text is: bounded, and believed in
// nothing but what the page itself could have said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wsprobe::browser {

inline constexpr std::size_t most_script_bytes = 8 * 1024 * 1024;  ///< of all scripts of a page together
inline constexpr std::size_t most_scripts = 64;
inline constexpr std::size_t most_found_values = 64;
inline constexpr std::size_t longest_found_value = 2048;
inline constexpr std::size_t longest_message = 512;
/// A request is larger than its scripts by no more than this.
inline constexpr std::size_t largest_request = most_script_bytes + 1024 * 1024;
inline constexpr std::size_t largest_answer = 1024 * 1024;

struct ScriptText {
  std::string address;         ///< what document.currentScript.src says; empty for an inline script
  std::string text;            ///< UTF-8
  std::size_t first_line = 1;  ///< of the text, in what it stands in
  bool module = false;
  bool deferred = false;  ///< runs when the document has been parsed
};

struct ScriptRequest {
  std::string page;  ///< its URL
  std::string base;
  std::string variable;             ///< "WS_BASE_URL", "__CONFIG__.wsUrl": without "window."
  std::vector<ScriptText> scripts;  ///< in their order
};

/// How the run of one script ended.
enum class ScriptEnd : std::uint8_t {
  completed,
  threw,          ///< an exception that nobody caught
  needed,         ///< it asked for something that only a browser has
  out_of_time,    ///< it ran for longer than a script may
  out_of_memory,  ///< it wanted more memory than a script may have
  left_page,      ///< it sent the browser to another page
  not_run,        ///< one before it took what there was
};

struct ScriptRun {
  ScriptEnd end = ScriptEnd::completed;
  std::string detail;    ///< the exception's message; what was needed: "document.querySelector"
  std::size_t line = 0;  ///< where; 0: not known
};

/// A place in the scripts.
struct ScriptPlace {
  std::optional<std::size_t> script;  ///< its index in the request; none: not known
  std::size_t line = 0;               ///< 0: not known
};

/// A WebSocket URL that was found on window.
struct FoundValue {
  std::string path;  ///< "window.__CONFIG__.wsUrl"
  std::string value;
};

/// A call of `new WebSocket(url)`.
struct SocketCall {
  std::string url;
  ScriptPlace place;
};

struct ScriptAnswer {
  std::vector<ScriptRun> runs;       ///< one for each script
  std::vector<ScriptRun> later;      ///< what timers and event handlers ended with, where not with `completed`
  std::optional<std::string> value;  ///< of the variable after the scripts, where it is a string or a URL
  std::string value_type;            ///< "undefined", "string", "object" ...
  ScriptPlace assigned;              ///< where it got that value
  bool changed_later = false;        ///< by a timer or an event handler
  std::vector<FoundValue> found;     ///< strings on window that begin with ws: or wss:
  std::vector<SocketCall> sockets;
};

[[nodiscard]] std::string encode(const ScriptRequest& request);
[[nodiscard]] std::string encode(const ScriptAnswer& answer);

/// The errors say what is wrong, in words.
[[nodiscard]] tl::expected<ScriptRequest, std::string> decode_request(std::string_view bytes);
[[nodiscard]] tl::expected<ScriptAnswer, std::string> decode_answer(std::string_view bytes);

}  // namespace wsprobe::browser
