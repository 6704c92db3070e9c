#include "exchange/http_exchange.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/version.hpp"
#include "exchange/round_trip.hpp"

namespace wsprobe::exchange {
namespace {

/// As a URL has it: the port only where it is not the scheme's, an IPv6 address in brackets.
std::string url_authority(const net::Authority& authority) {
  const bool ipv6 = authority.host.find(':') != std::string::npos;
  std::string text = ipv6 ? "[" + authority.host + "]" : authority.host;
  const int usual_port = authority.security == net::Security::tls ? 443 : 80;
  if (authority.port != usual_port) text.append(":").append(std::to_string(authority.port));
  return text;
}

std::string_view scheme(net::Security security, bool upgrade) {
  if (upgrade) return security == net::Security::tls ? "wss" : "ws";
  return security == net::Security::tls ? "https" : "http";
}

net::awaitable<Result<void>> get_response(net::Opener& opener, HttpSpec& spec, Evidence& evidence, Deadline deadline) {
  add_default(spec.fields, {"Accept", "*/*"});
  add_default(spec.fields, {"User-Agent", user_agent()});
  evidence.request = request_facts(spec.target, spec.method, spec.fields, false);
  wire::Request request{spec.method, origin_form(spec.target), spec.target.host_field, std::move(spec.fields),
                        std::move(spec.body)};
  Result<std::string> bytes = wire::write_request(request);
  if (!bytes) co_return tl::unexpected(bytes.error());

  const Result<net::StreamPtr> stream = co_await opener.open(spec.target.authority, deadline, evidence);
  if (!stream) co_return tl::unexpected(stream.error());
  const auto shape = spec.method == "HEAD" ? wire::RequestShape::head : wire::RequestShape::plain;
  wire::ResponseDecoder decoder(shape, spec.limits);
  ReadBuffer buffer;
  Result<void> answered =
      co_await round_trip(**stream, std::move(*bytes), std::move(decoder), buffer, evidence, deadline);
  (*stream)->close();
  co_return answered;
}

}  // namespace

net::awaitable<ExchangeResult> http_exchange(net::Opener& opener, HttpSpec spec, Deadline deadline) {
  ExchangeResult result;
  net::awaitable<void> exchange = http_exchange_into(opener, std::move(spec), deadline, result);
  co_await std::move(exchange);
  co_return result;
}

net::awaitable<void> http_exchange_into(net::Opener& opener, HttpSpec spec, Deadline deadline, ExchangeResult& result) {
  result.evidence.times.start(SteadyClock::now());
  Result<void> answered = co_await get_response(opener, spec, result.evidence, deadline);
  result.evidence.times.finish(SteadyClock::now());
  if (!answered) result.outcome = Failed{std::move(answered.error())};
}

RequestFacts request_facts(const Target& target, std::string_view method, const std::vector<wire::RequestField>& fields,
                           bool upgrade) {
  RequestFacts facts;
  facts.method = method;
  constexpr std::size_t usual_size = 128;
  facts.url.reserve(usual_size);
  facts.url.append(scheme(target.authority.security, upgrade)).append("://").append(url_authority(target.authority));
  facts.url.append(target.path);
  if (!target.query.empty()) facts.url.append("?").append(target.query.redacted());
  facts.host = target.host_field;
  facts.path = target.path;
  facts.fields.reserve(fields.size());
  for (const wire::RequestField& field : fields) facts.fields.push_back({field.name, field.value.redacted()});
  facts.upgrade = upgrade;
  return facts;
}

Text origin_form(const Target& target) {
  Text text(target.path);
  if (!target.query.empty()) {
    text.append("?");
    text.append(target.query);
  }
  return text;
}

void add_default(std::vector<wire::RequestField>& fields, wire::RequestField field) {
  const bool given = std::any_of(fields.begin(), fields.end(), [&](const wire::RequestField& other) {
    return equals_ignoring_case(other.name, field.name);
  });
  if (!given) fields.insert(fields.begin(), std::move(field));
}

std::string user_agent() {
  static const std::string agent = fmt::format("wsprobe/{}", version);
  return agent;
}

}  // namespace wsprobe::exchange
