#include "app/values.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/usage.hpp"
#include "core/evidence.hpp"
#include "core/system_call.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

using tl::unexpected;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  const auto is_token_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 4> fields{"Connection", "Upgrade", "Content-Length", "Transfer-Encoding"};
  return std::any_of(fields.begin(), fields.end(),
                     [&](std::string_view field) { return equals_ignoring_case(field, name); }) ||
         equals_ignoring_case(name.substr(0, 14), "Sec-WebSocket-");
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::string without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return std::string(host);
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

/// At colons that do not stand in brackets.
std::vector<std::string_view> split_at_colons(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool bracketed = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[') bracketed = true;
    if (text[at] == ']') bracketed = false;
    if (text[at] != ':' || bracketed) continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

/// Whose log it is, taken off the front.
LogOwner take_owner(std::string_view& text) {
  constexpr std::array<std::pair<std::string_view, LogOwner>, 2> owners{
      {{"proxy=", LogOwner::proxy}, {"backend=", LogOwner::backend}}};
  for (const auto& [prefix, owner] : owners) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    return owner;
  }
  return LogOwner::unknown;
}

using Headers = scenario::Headers;

void set_field(Headers& headers, const std::string& name, const Text& value) {
  std::erase_if(headers, [&](const auto& field) { return equals_ignoring_case(field.first, name); });
  headers.emplace_back(name, value);
}

/// The value as text whose secret parts are as small as can be, so that each is found again when a peer reflects it
/// alone: the credentials after the scheme, each cookie's own value.
Text secret_value(const HeaderOption& header, std::vector<SecretPtr>& secrets) {
  Text text;
  const auto append_secret = [&](std::string_view value) {
    auto secret =
        std::make_shared<const Secret>(std::string(scenario::added_header_prefix) + header.name, std::string(value));
    if (sounds_secret(header.name)) secrets.push_back(secret);
    text.append(secret);
  };
  std::string_view rest = header.value;
  if (equals_ignoring_case(header.name, "Authorization") || equals_ignoring_case(header.name, "Proxy-Authorization")) {
    const std::size_t space = rest.find(' ');
    if (space != std::string_view::npos) {
      text.append(std::string(rest.substr(0, space + 1)));
      rest = trim(rest.substr(space + 1));
    }
  } else if (equals_ignoring_case(header.name, "Cookie")) {
    for (std::size_t semicolon = rest.find(';'); semicolon != std::string_view::npos; semicolon = rest.find(';')) {
      const std::size_t equals = std::min(rest.find('=') + 1, semicolon);
      text.append(std::string(rest.substr(0, equals)));
      append_secret(rest.substr(equals, semicolon - equals));
      text.append(";");
      rest.remove_prefix(semicolon + 1);
    }
    const std::size_t equals = rest.find('=') + 1;
    text.append(std::string(rest.substr(0, equals)));
    rest.remove_prefix(equals);
  }
  append_secret(rest);
  return text;
}

}  // namespace

Parsed<HeaderOption> parse_header(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return unexpected(std::string("a header is written `NAME: VALUE`"));
  const std::string name(text.substr(0, colon));
  const std::string_view value = trim(text.substr(colon + 1));
  if (!is_token(name)) return unexpected(fmt::format("`{}` cannot be the name of a header", escape_for_display(name)));
  if (is_ours(name)) return unexpected(fmt::format("wsprobe writes the header `{}` itself", name));
  if (value.empty()) return unexpected(fmt::format("the header `{}` has no value", name));
  const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; };
  if (std::any_of(value.begin(), value.end(), is_control)) {
    return unexpected(fmt::format("the value of `{}` has a control character in it", name));
  }
  return HeaderOption{name, std::string(value)};
}

Parsed<net::ResolveOverride> parse_resolve(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos || first == 0) {
    return unexpected(std::string("expected HOST:PORT:ADDRESS, as in `example.com:443:127.0.0.1`"));
  }
  const auto port = parse_port(text.substr(first + 1, second - first - 1));
  if (!port) return unexpected(std::string("the port has to be a number from 1 to 65535"));
  net::ResolveOverride result{std::string(text.substr(0, first)), *port, {}};
  std::string_view rest = text.substr(second + 1);
  for (;;) {
    const std::size_t comma = rest.find(',');
    const std::string address = without_brackets(rest.substr(0, comma));
    if (!is_address(address)) {
      return unexpected(fmt::format("`{}` is not an IP address", escape_for_display(address)));
    }
    result.addresses.push_back(address);
    if (comma == std::string_view::npos) return result;
    rest.remove_prefix(comma + 1);
  }
}

Parsed<net::ConnectTo> parse_connect_to(std::string_view text) {
  const auto parts = split_at_colons(text);
  if (parts.size() != 4) {
    return unexpected(std::string("expected HOST1:PORT1:HOST2:PORT2, as in `example.com:443:localhost:8443`"));
  }
  for (const std::size_t at : {std::size_t{1}, std::size_t{3}}) {
    if (!parts[at].empty() && !parse_port(parts[at])) {
      return unexpected(std::string("a port has to be a number from 1 to 65535, or empty"));
    }
  }
  return net::ConnectTo{without_brackets(parts[0]), parse_port(parts[1]).value_or(0), without_brackets(parts[2]),
                        parse_port(parts[3]).value_or(0)};
}

Parsed<Duration> parse_time_limit(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return scenario::parse_duration(text);
  constexpr double shortest = 0.001;
  constexpr double longest = 24 * 60 * 60;
  if (!(seconds >= shortest && seconds <= longest)) return unexpected(std::string("a time limit is from 1ms to 24h"));
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Parsed<std::string> parse_readable_file(std::string_view path) {
  std::string name(path);
  if (access(name.c_str(), R_OK) != 0) return unexpected(system_error("cannot be read"));
  return name;
}

Parsed<scenario::WitnessSource> parse_witness_file(std::string_view text) {
  scenario::WitnessSource source;
  source.owner = take_owner(text);
  auto name = parse_readable_file(text);
  if (!name) return unexpected(name.error());
  source.file = std::move(*name);
  return source;
}

Parsed<scenario::WitnessSource> parse_witness_command(std::string_view text) {
  scenario::WitnessSource source;
  source.owner = take_owner(text);
  auto words = split_words(text);
  if (!words) return unexpected(words.error());
  source.argv = std::move(*words);
  return source;
}

void add_header(scenario::Scenario& scenario, const HeaderOption& header) {
  // The Host field names the service that is asked; there is nothing to hide in it.
  const Text value =
      equals_ignoring_case(header.name, "Host") ? Text(header.value) : secret_value(header, scenario.secrets);
  for (scenario::Step& step : scenario.steps) {
    std::visit(
        [&](auto& of_kind) {
          // The page is another service.
          if constexpr (requires { of_kind.headers; }) set_field(of_kind.headers, header.name, value);
        },
        step);
  }
}

}  // namespace wsprobe::app
