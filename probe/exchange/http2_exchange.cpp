#include "exchange/http2_exchange.hpp"

#include <memory>
#include <utility>

#include "exchange/http2_stream.hpp"
#include "exchange/round_trip.hpp"
#include "wire/handshake.hpp"

namespace wsprobe::exchange {
namespace {

/// What the exchange shares with its parts; lives in the frame of http2_upgrade_into().
struct Exchange {
  net::Opener& opener;
  UpgradeSpec spec;
  Deadline deadline;
  Evidence& evidence;
  BeforeAsking before_asking{};
  std::unique_ptr<Http2Stream> stream{};
  std::optional<wire::DeflateParameters> deflate{};

  [[nodiscard]] wire::Http2Session& session() const { return stream->session(); }
};

/// RFC 8441 section 5: there is no key, and nothing that proves that the peer has understood it.
std::vector<wire::RequestField> request_fields(const wire::Offer& offer, UpgradeSpec& spec) {
  std::vector<wire::RequestField> fields;
  for (wire::RequestField& field : wire::handshake_fields(offer)) {
    const bool of_http_1 = field.name == "Connection" || field.name == "Upgrade" || field.name == "Sec-WebSocket-Key";
    if (!of_http_1) fields.push_back(std::move(field));
  }
  add_default(spec.fields, {"User-Agent", user_agent()});
  std::move(spec.fields.begin(), spec.fields.end(), std::back_inserter(fields));
  return fields;
}

/// A connection that the peer ends before it has answered.
Error place_loss(Error error, Phase phase) {
  if (error.reason == Reason::closed_without_close_frame || error.reason == Reason::closed_in_request) {
    error.reason = Reason::closed_before_response;
  }
  if (error.reason == Reason::closed_truncated) {
    error.reason = Reason::closed_before_response;
    error.detail = "without a TLS close_notify";
  }
  if (error.reason == Reason::reset_in_session) error.reason = Reason::reset_before_response;
  error.phase = phase;
  return error;
}

/// Where nothing is asked after it, its time stands as that of the request and its first byte.
net::awaitable<Result<void>> receive_settings(Exchange& exchange) {
  wire::Http2Session& session = exchange.session();
  Timeline& times = exchange.evidence.times;
  times.begin(Phase::request, SteadyClock::now());
  Result<void> flushed = co_await exchange.stream->flush(Phase::request, exchange.deadline);
  advance(times, Phase::request, Phase::first_byte);
  if (!flushed) co_return tl::unexpected(place_loss(std::move(flushed.error()), Phase::first_byte));
  while (!session.has_settings()) {
    const Result<void> received = co_await exchange.stream->receive(Phase::first_byte, exchange.deadline);
    exchange.evidence.http2 = session.facts();
    times.end(Phase::first_byte, SteadyClock::now());
    if (!received) co_return tl::unexpected(place_loss(received.error(), Phase::first_byte));
  }
  co_return Result<void>{};
}

/// What the peer answered, as far as it has come.
void keep_response(Exchange& exchange, std::string body, std::uint64_t body_size) {
  const wire::Http2Session& session = exchange.session();
  Response& response = exchange.evidence.response.emplace();
  response.head = session.head();
  response.interim_statuses = session.interim_statuses();
  response.body = std::move(body);
  response.body_size = body_size;
  response.body_complete = session.ended() && !session.has_unread();
}

/// The body of a refusal, to its end or its limit. A peer that breaks off here has refused all the same.
net::awaitable<void> receive_body(Exchange& exchange) {
  const wire::DecoderLimits& limits = exchange.spec.limits;
  std::string body;
  std::uint64_t size = 0;
  std::array<std::byte, 4096> piece{};
  while (size < limits.body_drained) {
    const Result<std::size_t> read = co_await exchange.stream->read_some(piece, Phase::response, exchange.deadline);
    if (!read || *read == 0) break;
    size += *read;
    const std::size_t kept = std::min(*read, limits.body_kept - body.size());
    body.append(reinterpret_cast<const char*>(piece.data()), kept);
  }
  keep_response(exchange, std::move(body), size);
}

Result<void> judge(Exchange& exchange, const wire::Offer& offer) {
  Evidence& evidence = exchange.evidence;
  evidence.times.begin(Phase::upgrade, SteadyClock::now());
  Result<wire::Accepted> accepted = wire::judge_choices(exchange.session().head(), offer);
  if (accepted) {
    SessionFacts& session = evidence.session.emplace();
    session.subprotocol = std::move(accepted->subprotocol);
    session.extensions = std::move(accepted->extensions);
    exchange.deflate = accepted->deflate;
  }
  evidence.times.end(Phase::upgrade, SteadyClock::now());
  if (!accepted) return tl::unexpected(std::move(accepted.error()));
  return {};
}

net::awaitable<Result<void>> ask(Exchange& exchange, const wire::Offer& offer) {
  Evidence& evidence = exchange.evidence;
  wire::Http2Session& session = exchange.session();
  UpgradeSpec& spec = exchange.spec;
  std::vector<wire::RequestField> fields = request_fields(offer, spec);
  evidence.request = request_facts(spec.target, "CONNECT", fields, true);
  evidence.times.begin(Phase::request, SteadyClock::now());
  Result<void> sent = session.connect({"https", spec.target.host_field, origin_form(spec.target), std::move(fields)});
  if (sent) sent = co_await exchange.stream->flush(Phase::request, exchange.deadline);
  advance(evidence.times, Phase::request, Phase::first_byte);
  while (sent && !session.head_done()) {
    sent = co_await exchange.stream->receive(Phase::first_byte, exchange.deadline);
    evidence.http2 = session.facts();
  }
  if (!sent) {
    if (session.head_done()) keep_response(exchange, {}, 0);
    evidence.times.end(Phase::first_byte, SteadyClock::now());
    co_return tl::unexpected(place_loss(std::move(sent.error()), Phase::first_byte));
  }
  advance(evidence.times, Phase::first_byte, Phase::response);
  const bool accepts = session.head().status >= 200 && session.head().status < 300;
  if (accepts) {
    keep_response(exchange, {}, 0);
  } else {
    co_await receive_body(exchange);
  }
  evidence.times.end(Phase::response, SteadyClock::now());
  if (!accepts) co_return Result<void>{};
  co_return judge(exchange, offer);
}

net::awaitable<Outcome> hold_session(Exchange& exchange) {
  static const std::function<net::awaitable<void>()> nobody;
  const UpgradeSpec& spec = exchange.spec;
  wire::FrameCodec codec(net::random_bytes, spec.session_limits, exchange.deflate);
  Session session(*exchange.stream, ReadBuffer{}, spec.session, std::move(codec), nobody, nobody, exchange.evidence,
                  exchange.deadline);
  Outcome outcome;
  co_await session.run(outcome);
  exchange.evidence.http2 = exchange.session().facts();
  co_return outcome;
}

net::awaitable<void> say_goodbye(Exchange& exchange) {
  exchange.session().finish();
  const Deadline soon = std::min(exchange.deadline, SteadyClock::now() + std::chrono::milliseconds(100));
  const Result<void> said = co_await exchange.stream->flush(Phase::close, soon);
  static_cast<void>(said);  // the connection is closed in any case
  exchange.stream->close();
}

net::awaitable<Outcome> run(Exchange& exchange) {
  Evidence& evidence = exchange.evidence;
  net::Authority authority = exchange.spec.target.authority;
  authority.protocols = net::Protocols::http_2_and_http_1;
  evidence.request = request_facts(exchange.spec.target, "CONNECT", {}, true);
  Result<net::StreamPtr> opened = co_await exchange.opener.open(std::move(authority), exchange.deadline, evidence);
  if (!opened) co_return Failed{std::move(opened.error())};
  if (!evidence.tls || evidence.tls->alpn != "h2") {
    (*opened)->close();
    co_return Completed{};
  }
  evidence.http2.emplace();
  exchange.stream = std::make_unique<Http2Stream>(std::move(*opened));
  Result<void> answered = co_await receive_settings(exchange);
  bool asks = answered && evidence.http2->connect_protocol;
  if (asks && exchange.before_asking) {
    const Ask decision = co_await exchange.before_asking();
    asks = decision == Ask::now;
  }
  if (asks) {
    const wire::Offer offer{{}, exchange.spec.subprotocols, exchange.spec.extensions};
    answered = co_await ask(exchange, offer);
  }
  Outcome outcome = Completed{};
  if (!answered) {
    outcome = Failed{std::move(answered.error())};
  } else if (evidence.session) {
    outcome = co_await hold_session(exchange);
  } else if (evidence.response) {
    outcome = Rejected{Rejected::How::response};
  }
  co_await say_goodbye(exchange);
  co_return outcome;
}

}  // namespace

net::awaitable<void> http2_upgrade_into(net::Opener& opener, UpgradeSpec spec, Deadline deadline,
                                        ExchangeResult& result, BeforeAsking before_asking) {
  result.evidence.times.start(SteadyClock::now());
  Exchange exchange{opener, std::move(spec), deadline, result.evidence, std::move(before_asking)};
  net::awaitable<Outcome> outcome = run(exchange);
  result.outcome = co_await std::move(outcome);
  result.evidence.times.finish(SteadyClock::now());
}

bool may_be_asked_again(const ExchangeResult& result) {
  const auto* failed = std::get_if<Failed>(&result.outcome);
  if (failed == nullptr || !result.evidence.http2) return false;
  const Reason reason = failed->error.reason;
  const bool lost = reason == Reason::closed_before_response || reason == Reason::reset_before_response;
  const bool refused = reason == Reason::http2_reset && result.evidence.http2->reset == "REFUSED_STREAM";
  return lost || refused || reason == Reason::http2_goaway;
}

}  // namespace wsprobe::exchange
