// How answers are put together, whatever the product is called.
#include <array>

#include "attribution/rules.hpp"
#include "core/ascii.hpp"

namespace wsprobe::attribution {
namespace {

/// As h11 and wsproto refuse: no phrase and no body. The proxy writes phrases, since other answers here have one.
bool empty_reason(const View& view) {
  if (view.status() < 400 || !view.head().reason_phrase.empty() || !has_empty_body(view.response)) return false;
  return view.sample == nullptr || !view.sample->head.reason_phrase.empty();
}

bool unframed_or_empty_chunks(const View& view) {
  const bool open_ended = view.response.framing == Framing::chunked || view.response.framing == Framing::until_close;
  return open_ended && has_empty_body(view.response) && view.head().version == "1.1";
}

/// Of these products it is known that they give their own answers a length; of others it is not.
bool gives_lengths(const View& view) {
  return view.go == GoProxy::yes || writes_as_nginx(view.response, view.sample, view.knowledge) ||
         writes_as_apache(view.response, view.sample, view.knowledge);
}

bool empty_chunks(const View& view) { return unframed_or_empty_chunks(view) && gives_lengths(view); }
bool perhaps_empty_chunks(const View& view) { return unframed_or_empty_chunks(view) && !gives_lengths(view); }

bool handshake_words(const View& view) {
  return view.status() >= 400 && (view.has("sec-websocket-accept") || view.has("sec-websocket-version"));
}

bool proxy_status_received(const View& view) { return view.field_has("proxy-status", "received-status="); }
bool proxy_status_error(const View& view) { return view.field_has("proxy-status", "error="); }

bool basic_challenge(const View& view) {
  const std::string* challenge = view.head().find("www-authenticate");
  return view.has("proxy-authenticate") || (challenge != nullptr && lower_case(*challenge).compare(0, 5, "basic") == 0);
}

constexpr std::array rules{
    Rule{"empty-reason", "", Nature::assembly, empty_reason, 1.7, measured(70, 0),
         "the status line has no reason phrase, as applications write it and this proxy does not"},
    Rule{"empty-chunks", "", Nature::assembly, empty_chunks, 3.3, measured(198, 0),
         "the body is empty and was passed on without a length, which this proxy's own answers are not"},
    Rule{"perhaps-empty-chunks", "", Nature::assembly, perhaps_empty_chunks, 1.5, measured(82, 0),
         "the body is empty and has no length, as applications write it by hand and most proxies do not"},
    Rule{"handshake-words", "", Nature::field, handshake_words, 2.6,
         documented("RFC 6455, section 4.2.2: a server that does not speak the version answers with "
                    "Sec-WebSocket-Version"),
         "the refusal speaks of the WebSocket handshake in its fields"},
    Rule{"proxy-status-received", "", Nature::passed_on, proxy_status_received, 1.1,
         documented("RFC 9209, section 2.1.4: received-status is what the next hop answered"),
         "Proxy-Status says that the status was received from upstream"},
    Rule{"proxy-status-error", "", Nature::field, proxy_status_error, -2.8,
         documented("RFC 9209, section 2.1.1: error says that the intermediary made the answer"),
         "Proxy-Status says that the proxy made this answer"},
    Rule{"basic-challenge", "", Nature::hint, basic_challenge, -1.2, measured(0, 16),
         "the answer asks for a user and a password, which proxies do more often than applications"},
};

}  // namespace

std::span<const Rule> assembly_rules() { return rules; }

}  // namespace wsprobe::attribution
