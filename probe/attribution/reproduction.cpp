// The command that repeats an exchange by hand. Secrets stand in the report as `${name}` and become shell variables, so
// the command can be pasted and shared; everything else is quoted so that no byte of it means anything to a shell.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "attribution/answer.hpp"
#include "attribution/attribution.hpp"
#include "core/ascii.hpp"

namespace wsprobe::attribution {
namespace {

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

bool is_plain_inside_double_quotes(std::string_view text) {
  return text.find_first_of("\"$`\\!") == std::string_view::npos;
}

/// "valid" becomes VALID; what no shell variable can be called becomes '_'.
std::string variable(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9' && !out.empty();
    if (letter) {
      out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    } else {
      out += digit ? c : '_';
    }
  }
  return out;
}

struct Piece {
  std::string text;
  bool is_secret = false;
};

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    if (open > 0) pieces.push_back({std::string(text.substr(0, open)), false});
    pieces.push_back({std::string(text.substr(open + 2, close - open - 2)), true});
    text.remove_prefix(close + 1);
  }
  if (!text.empty()) pieces.push_back({std::string(text), false});
  return pieces;
}

/// One shell word.
std::string word(std::string_view text) {
  const std::vector<Piece> pieces = pieces_of(text);
  const bool has_secret = std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) { return piece.is_secret; });
  if (!has_secret) return single_quoted(text);
  const bool plain = std::all_of(pieces.begin(), pieces.end(), [](const Piece& piece) {
    return piece.is_secret || is_plain_inside_double_quotes(piece.text);
  });
  std::string out = plain ? "\"" : "";
  for (std::size_t at = 0; at < pieces.size(); ++at) {
    const Piece& piece = pieces[at];
    if (!piece.is_secret) {
      out += plain ? piece.text : single_quoted(piece.text);
      continue;
    }
    // A name that a letter or digit would run into needs braces.
    const bool braces = at + 1 < pieces.size();
    const std::string reference = braces ? "${" + variable(piece.text) + "}" : "$" + variable(piece.text);
    out += plain ? reference : "\"" + reference + "\"";
  }
  return out + (plain ? "\"" : "");
}

/// curl wants http and https.
std::string http_url(const std::string& url) {
  if (url.rfind("wss://", 0) == 0) return "https" + url.substr(3);
  if (url.rfind("ws://", 0) == 0) return "http" + url.substr(2);
  return url;
}

bool is_part_of_every_request(const std::string& name) {
  static constexpr std::array<std::string_view, 8> names{
      "host",           "connection", "upgrade", "sec-websocket-version", "sec-websocket-key",
      "content-length", "user-agent", "accept"};
  const std::string field_name = lower_case(name);
  return std::find(names.begin(), names.end(), field_name) != names.end();
}

std::string host_of(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) return {};
  return url.substr(start + 3, url.find_first_of("/?#", start + 3) - start - 3);
}

}  // namespace

std::string reproduction(const RequestFacts& request) {
  std::string command = "curl --http1.1 -i -N --max-time 10";
  if (!request.method.empty() && request.method != "GET") command += " -X " + single_quoted(request.method);
  if (request.upgrade) {
    std::string version = "13";
    for (const HeaderField& field : request.fields) {
      if (equals_ignoring_case(field.name, "sec-websocket-version")) version = field.value;
    }
    command += " -H 'Connection: Upgrade' -H 'Upgrade: websocket'";
    command += " -H " + single_quoted("Sec-WebSocket-Version: " + version);
    // The sample key of RFC 6455, section 1.3: any key will do by hand.
    command += " -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='";
  }
  if (!request.host.empty() && request.host != host_of(request.url)) command += " -H " + word("Host: " + request.host);
  for (const HeaderField& field : request.fields) {
    if (!is_part_of_every_request(field.name)) command += " -H " + word(field.name + ": " + field.value);
  }
  return command + " " + word(http_url(request.url));
}

}  // namespace wsprobe::attribution
