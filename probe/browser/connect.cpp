#include "browser/connect.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

using Answer = ConnectAnswer::Answer;
using Why = ConnectAnswer::Why;

constexpr std::array<std::uint16_t, 83> bad_ports{
    0,    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,   25,   37,   42,   43,
    53,   69,   77,   79,   87,   95,   101,  102,  103,  104,  109,  110,  111,  113,  115,  117,  119,
    123,  135,  137,  139,  143,  161,  179,  389,  427,  465,  512,  513,  514,  515,  526,  530,  531,
    532,  540,  548,  554,  556,  563,  587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049,
    3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080};

/// The numbers between the separators, as far as there are any: of an address as parse_url writes it.
std::vector<unsigned> numbers_of(std::string_view text, char separator, int base) {
  std::vector<unsigned> numbers;
  while (!text.empty()) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc()) break;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() || text.front() != separator) break;
    text.remove_prefix(1);
  }
  return numbers;
}

std::uint8_t byte_of(unsigned number) { return static_cast<std::uint8_t>(number & 0xffU); }

/// By the first two bytes of an IPv4 address: this host, private, shared, loopback, link-local.
bool is_local_network(std::array<std::uint8_t, 2> address) {
  const auto [first, second] = address;
  return first == 0 || first == 10 || first == 127 || (first == 100 && second >= 64 && second < 128) ||
         (first == 169 && second == 254) || (first == 172 && second >= 16 && second < 32) ||
         (first == 192 && second == 168);
}

ConnectAnswer& refuse(ConnectAnswer& answer, Answer how, Why why, std::string sentence) {
  answer.answer = how;
  answer.why = why;
  answer.sentence = std::move(sentence);
  return answer;
}

/// What parse_url refuses because it does not know better: names that are not ASCII, and URLs that are very long.
bool may_be_read_by_browsers(std::string_view url) {
  return url.size() > longest_url ||
         std::any_of(url.begin(), url.end(), [](char c) { return c == '%' || static_cast<unsigned char>(c) > 0x7e; });
}

/// ws or wss, whatever the script wrote; false where `answer` says what is wrong with it.
bool resolve(const Page& page, std::string_view argument, ConnectAnswer& answer) {
  auto url = parse_url(argument, &page.base);
  if (!url && may_be_read_by_browsers(argument)) {
    refuse(answer, Answer::undetermined, Why::unknown_name,
           fmt::format("whether browsers can read this URL is not known: {}", url.error()));
    return false;
  }
  if (!url) {
    refuse(answer, Answer::throws, Why::bad_url, fmt::format("the browser cannot read this URL: {}", url.error()));
    return false;
  }
  if (url->scheme == "http") url->scheme = "ws";
  if (url->scheme == "https") url->scheme = "wss";
  if (url->scheme != "ws" && url->scheme != "wss") {
    refuse(answer, Answer::throws, Why::bad_scheme,
           fmt::format("`new WebSocket` takes no URL that begins with {}:", url->scheme));
    return false;
  }
  answer.url = std::move(*url);
  if (answer.url->fragment) {
    refuse(answer, Answer::throws, Why::fragment, "`new WebSocket` takes no URL with a fragment (#...)");
    return false;
  }
  return true;
}

void make_secure(Url& url) {
  url.scheme = "wss";
  if (url.port == std::uint16_t{443}) url.port.reset();
  // A port of its own stays, and port 80 becomes that of the scheme: an upgrade of ws://host:80 is wss://host.
  if (url.port == std::uint16_t{80}) url.port.reset();
}

bool wants_upgrades(const Page& page) {
  return std::any_of(page.policies.begin(), page.policies.end(), [](const Policy& policy) {
    return policy.disposition == Disposition::enforce && policy.find("upgrade-insecure-requests") != nullptr;
  });
}

bool is_strict(const Page& page, const std::string& host) {
  return std::any_of(page.strict.begin(), page.strict.end(), [&](const Page::Strict& strict) {
    return strict.host == host || (strict.subdomains && host.ends_with("." + strict.host));
  });
}

bool is_secure_page(const Page& page) { return page.url.scheme == "https"; }

/// The first policy that forbids it; those that only report leave a note.
void ask_policies(const Page& page, ConnectAnswer& answer) {
  for (std::size_t at = 0; at < page.policies.size(); ++at) {
    const Policy& policy = page.policies[at];
    const Directive* directive = connect_directive(policy);
    if (directive == nullptr || matches(*directive, *answer.url, page.url)) continue;
    if (policy.disposition == Disposition::report) {
      answer.notes.push_back(fmt::format("a policy that only reports would forbid it: {}", directive->text));
      continue;
    }
    answer.directive = directive->text;
    answer.policy = at;
    refuse(
        answer, Answer::blocked, Why::csp,
        fmt::format("the page's Content-Security-Policy does not allow {}: {}", answer.url->origin(), directive->text));
    return;
  }
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
  // The URL parser has made four numbers of every spelling of an IPv4 address.
  return host.starts_with("127.") &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool is_local_network(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host == "local" || host.ends_with(".local")) return true;
  if (!host.starts_with('[')) {
    const auto parts = numbers_of(host, '.', 10);
    return parts.size() == 4 && is_local_network({byte_of(parts[0]), byte_of(parts[1])});
  }
  const std::string_view inside = host.substr(1, host.size() - 2);
  if (constexpr std::string_view mapped = "::ffff:"; inside.starts_with(mapped)) {
    const auto parts = numbers_of(inside.substr(mapped.size()), ':', 16);
    if (parts.size() == 2) return is_local_network({byte_of(parts[0] >> 8U), byte_of(parts[0])});
  }
  const auto parts = numbers_of(inside, ':', 16);
  const unsigned first = parts.empty() ? 0 : parts[0];
  const bool routed = (first & 0xe000U) == 0x2000;  // 2000::/3
  const bool documentation = first == 0x2001 && parts.size() > 1 && parts[1] == 0xdb8;
  return !routed || documentation;
}

bool is_bad_port(std::uint16_t port) { return std::binary_search(bad_ports.begin(), bad_ports.end(), port); }

/// The order is Chromium's: upgrade-insecure-requests, policies, mixed content, the port, and HSTS once it is the
/// network's.
ConnectAnswer would_connect(const Page& page, std::string_view argument) {
  ConnectAnswer answer;
  if (!resolve(page, argument, answer)) return answer;
  Url& url = *answer.url;
  if (url.scheme == "ws" && wants_upgrades(page) && !is_loopback(url.host)) {
    make_secure(url);
    answer.notes.push_back("the page asks for upgrade-insecure-requests: ws becomes wss");
  }
  ask_policies(page, answer);
  if (answer.answer != Answer::connects) return answer;
  if (url.scheme == "ws" && is_secure_page(page) && !is_loopback(url.host)) {
    if (is_local_network(url.host)) {
      return refuse(answer, Answer::undetermined, Why::local_network,
                    "a page of https that opens a WebSocket without encryption (ws:) on a local network: browsers "
                    "differ, and some ask their user");
    }
    return refuse(answer, Answer::throws, Why::mixed_content,
                  "a page of https may not open a WebSocket that is not encrypted (ws:): mixed content");
  }
  if (url.scheme == "ws" && is_strict(page, url.host)) {
    make_secure(url);
    answer.notes.push_back("the host is known for TLS only (Strict-Transport-Security): ws becomes wss");
  }
  if (is_bad_port(url.effective_port())) {
    return refuse(
        answer, Answer::blocked, Why::bad_port,
        fmt::format("browsers do not connect to port {}, which belongs to another protocol", url.effective_port()));
  }
  return answer;
}

}  // namespace wsprobe::browser
