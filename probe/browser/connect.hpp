// Would a browser on this page open that WebSocket? What stands between `new WebSocket(url)` and the first packet: the
// URL itself, ports that browsers never use, mixed content, Content-Security-Policy.
//
// Sources: the WebSockets Standard (websockets.spec.whatwg.org section 3.1), Fetch (section 2.9, ports), Mixed Content
// (w3.org/TR/mixed-content), Upgrade Insecure Requests, CSP3; and Chromium, where it is stricter or laxer than those.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "browser/csp.hpp"
#include "browser/url.hpp"

namespace wsprobe::browser {

struct Page {
  Url url;   ///< after redirects
  Url base;  ///< of relative addresses
  std::vector<Policy> policies;
  /// Hosts that the browser reaches by TLS only (Strict-Transport-Security): those that have said so on the way here.
  struct Strict {
    std::string host;
    bool subdomains = false;
  };
  std::vector<Strict> strict;
};

struct ConnectAnswer {
  enum class Answer : std::uint8_t {
    connects,  ///< nothing of the page stands in the way; the network may
    blocked,   ///< the browser sends nothing
    throws,    ///< `new WebSocket` itself fails, and the script with it
    undetermined,
  };
  enum class Why : std::uint8_t {
    none,
    bad_url,
    bad_scheme,
    fragment,
    bad_port,
    mixed_content,
    csp,
    unknown_name,   ///< undetermined: the URL has a host that browsers may know how to read, and this program does not
    local_network,  ///< undetermined: it depends on where the page and the browser are
  };

  Answer answer = Answer::connects;
  Why why = Why::none;
  std::optional<Url> url;             ///< what is connected to, or would be: ws or wss, absolute
  std::string directive;              ///< of csp: as it is written in the policy
  std::optional<std::size_t> policy;  ///< of csp: its index in the page's
  std::vector<std::string> notes;     ///< sentences: what the browser changes, what only reports
  std::string sentence;               ///< why not, or why it is not known; empty where it connects
};

[[nodiscard]] ConnectAnswer would_connect(const Page& page, std::string_view argument);

/// Whether browsers take the host for this machine's own, which no network is between (Secure Contexts section 3.1):
/// localhost and names below it, 127.0.0.0/8, [::1].
[[nodiscard]] bool is_loopback(std::string_view host);

/// Whether newer browsers take the host for one of a local network without asking a resolver (Local Network Access):
/// private, link-local and other addresses that the Internet does not route, and names below "local".
[[nodiscard]] bool is_local_network(std::string_view host);

/// Fetch section 2.9.
[[nodiscard]] bool is_bad_port(std::uint16_t port);

}  // namespace wsprobe::browser
