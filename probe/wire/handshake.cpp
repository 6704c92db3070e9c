#include "wire/handshake.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base64.hpp"
#include "core/text.hpp"
#include "wire/digest.hpp"
#include "wire/extensions.hpp"
#include "wire/grammar.hpp"

namespace wsprobe::wire {
namespace {

/// The handshake's own, the offers, and a few of the scenario.
constexpr std::size_t usual_fields = 8;

Text join(const std::vector<Text>& items) {
  Text out;
  for (const Text& item : items) {
    if (!out.empty()) out.append(", ");
    out.append(item);
  }
  return out;
}

tl::unexpected<Error> refuse(Reason reason, std::string detail = {}) {
  return tl::unexpected(make_error(Phase::upgrade, reason, std::move(detail)));
}

std::string quoted(std::string_view text) { return "\"" + escape_for_display(shorten(text, 80)) + "\""; }

Result<std::string> judge_subprotocol(const ResponseHead& head, const Offer& offer) {
  const std::string* chosen = head.find("Sec-WebSocket-Protocol");
  if (chosen == nullptr) return std::string{};
  if (head.count("Sec-WebSocket-Protocol") > 1) return refuse(Reason::subprotocol_bad, "several fields");
  const bool offered = std::any_of(offer.subprotocols.begin(), offer.subprotocols.end(),
                                   [&](const Text& subprotocol) { return subprotocol.reveal() == *chosen; });
  if (!offered) return refuse(Reason::subprotocol_bad, quoted(*chosen));
  return *chosen;
}

/// The answer to the offers of permessage-deflate: an offer that it fits is the one that was accepted.
Result<DeflateParameters> judge_deflate(const Extension& answer, const std::vector<Extension>& offers) {
  std::string problem;
  for (const Extension& offer : offers) {
    if (!equals_ignoring_case(offer.name, deflate_name)) continue;
    auto agreed = judge_deflate(answer, offer);
    if (agreed) return *agreed;
    problem = std::move(agreed.error());
  }
  return refuse(Reason::extension_bad, std::string(deflate_name) + ": " + escape_for_display(problem));
}

std::string all_values(const ResponseHead& head, std::string_view name) {
  std::string values;
  for (const HeaderField& field : head.fields) {
    if (!equals_ignoring_case(field.name, name) || field.value.empty()) continue;
    if (!values.empty()) values += ", ";
    values += field.value;
  }
  return values;
}

Result<Accepted> judge_extensions(const ResponseHead& head, const Offer& offer) {
  Accepted accepted;
  accepted.extensions = all_values(head, "Sec-WebSocket-Extensions");
  if (accepted.extensions.empty()) return accepted;
  const auto chosen = parse_extensions(accepted.extensions);
  if (!chosen) return refuse(Reason::extension_bad, "malformed: " + quoted(accepted.extensions));
  const auto offers = parse_extensions(fmt::format("{}", fmt::join(offer.extensions, ", ")));
  for (const Extension& extension : *chosen) {
    const bool offered = offers && std::any_of(offers->begin(), offers->end(), [&](const Extension& one) {
                           return equals_ignoring_case(one.name, extension.name);
                         });
    if (!offered) return refuse(Reason::extension_bad, quoted(accepted.extensions));
    if (!equals_ignoring_case(extension.name, deflate_name)) continue;
    if (accepted.deflate) return refuse(Reason::extension_bad, std::string(deflate_name) + " stands there twice");
    auto agreed = judge_deflate(extension, *offers);
    if (!agreed) return tl::unexpected(std::move(agreed.error()));
    accepted.deflate = *agreed;
  }
  return accepted;
}

/// A 101 has no body (RFC 9110 section 15.2.2); one that announces it is no answer a WebSocket can follow.
bool announces_body(const ResponseHead& head) {
  const std::string* length = head.find("Content-Length");
  return head.count("Transfer-Encoding") > 0 || (length != nullptr && *length != "0");
}

}  // namespace

std::string make_key(std::span<const std::byte, 16> random) {
  return encode_base64({reinterpret_cast<const char*>(random.data()), random.size()});
}

std::string accept_for(std::string_view key) {
  return encode_base64(sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

std::vector<RequestField> handshake_fields(const Offer& offer) {
  std::vector<RequestField> fields;
  fields.reserve(usual_fields);
  fields.push_back({"Connection", "Upgrade"});
  fields.push_back({"Upgrade", "websocket"});
  fields.push_back({"Sec-WebSocket-Version", "13"});
  fields.push_back({"Sec-WebSocket-Key", offer.key});
  if (!offer.subprotocols.empty()) {
    fields.push_back({"Sec-WebSocket-Protocol", join(offer.subprotocols)});
  }
  if (!offer.extensions.empty()) {
    fields.push_back({"Sec-WebSocket-Extensions", fmt::format("{}", fmt::join(offer.extensions, ", "))});
  }
  return fields;
}

Result<Accepted> judge_switch(const ResponseHead& head, const Offer& offer) {
  if (head.version != "1.1") return refuse(Reason::http_version_unsupported, "a 101 in HTTP/" + head.version);
  const std::string* upgrade = head.find("Upgrade");
  if (upgrade == nullptr) return refuse(Reason::upgrade_header_bad, "no such field");
  if (head.count("Upgrade") > 1) return refuse(Reason::upgrade_header_bad, "several fields");
  if (!equals_ignoring_case(*upgrade, "websocket"))
    return refuse(Reason::upgrade_header_bad, "it says " + quoted(*upgrade));
  if (!head.has_token("Connection", "upgrade")) {
    const std::string* connection = head.find("Connection");
    return refuse(Reason::connection_header_bad,
                  connection != nullptr ? "it says " + quoted(*connection) : "no such field");
  }
  const std::size_t accepts = head.count("Sec-WebSocket-Accept");
  if (accepts == 0) return refuse(Reason::accept_missing);
  if (accepts > 1) return refuse(Reason::accept_repeated);
  if (*head.find("Sec-WebSocket-Accept") != accept_for(offer.key)) return refuse(Reason::accept_wrong);
  if (announces_body(head)) return refuse(Reason::body_on_switch);
  return judge_choices(head, offer);
}

Result<Accepted> judge_choices(const ResponseHead& head, const Offer& offer) {
  const auto subprotocol = judge_subprotocol(head, offer);
  if (!subprotocol) return tl::unexpected(subprotocol.error());
  auto accepted = judge_extensions(head, offer);
  if (!accepted) return accepted;
  accepted->subprotocol = *subprotocol;
  return accepted;
}

}  // namespace wsprobe::wire
