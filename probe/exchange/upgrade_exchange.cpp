#include "exchange/upgrade_exchange.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "exchange/round_trip.hpp"
#include "wire/handshake.hpp"

namespace wsprobe::exchange {
namespace {

/// A connection on which the peer has switched protocols.
struct Switched {
  net::StreamPtr stream;
  ReadBuffer buffer;  // what came after the 101
  std::optional<wire::DeflateParameters> deflate;
};

wire::Offer make_offer(std::vector<Text> subprotocols, std::vector<std::string> extensions) {
  std::array<std::byte, 16> random{};
  net::random_bytes(random);
  return wire::Offer{wire::make_key(random), std::move(subprotocols), std::move(extensions)};
}

std::vector<wire::RequestField> request_fields(const wire::Offer& offer, UpgradeSpec& spec) {
  std::vector<wire::RequestField> fields = wire::handshake_fields(offer);
  for (wire::RequestField& field : fields) {
    if (field.name == "Sec-WebSocket-Version") field.value = Text(spec.websocket_version);
  }
  add_default(spec.fields, {"User-Agent", user_agent()});
  std::move(spec.fields.begin(), spec.fields.end(), std::back_inserter(fields));
  return fields;
}

/// What the peer switched to: the compression that was agreed, if any.
Result<std::optional<wire::DeflateParameters>> judge(const wire::Offer& offer, Evidence& evidence) {
  evidence.times.begin(Phase::upgrade, SteadyClock::now());
  Result<wire::Accepted> accepted = wire::judge_switch(evidence.response->head, offer);
  if (accepted) {
    SessionFacts& session = evidence.session.emplace();
    session.subprotocol = std::move(accepted->subprotocol);
    session.extensions = std::move(accepted->extensions);
  }
  evidence.times.end(Phase::upgrade, SteadyClock::now());
  if (!accepted) return tl::unexpected(std::move(accepted.error()));
  return accepted->deflate;
}

/// The handshake. None where the peer gave another whole response than a 101. Uses up the request's part of `spec`.
net::awaitable<Result<std::optional<Switched>>> switch_protocols(net::Opener& opener, UpgradeSpec& spec,
                                                                 Evidence& evidence, Deadline deadline) {
  const wire::Offer offer = make_offer(std::move(spec.subprotocols), std::move(spec.extensions));
  wire::Request request{"GET", origin_form(spec.target), spec.target.host_field, request_fields(offer, spec), {}};
  evidence.request = request_facts(spec.target, request.method, request.fields, true);
  Result<std::string> bytes = wire::write_request(request);
  if (!bytes) co_return tl::unexpected(bytes.error());

  Result<net::StreamPtr> stream = co_await opener.open(spec.target.authority, deadline, evidence);
  if (!stream) co_return tl::unexpected(stream.error());
  Switched switched{std::move(*stream), {}, {}};
  wire::ResponseDecoder decoder(wire::RequestShape::upgrade, spec.limits);
  Result<void> answered =
      co_await round_trip(*switched.stream, std::move(*bytes), std::move(decoder), switched.buffer, evidence, deadline);
  if (answered && evidence.response->head.status == 101) {
    auto judged = judge(offer, evidence);
    if (judged) {
      switched.deflate = *judged;
    } else {
      answered = tl::unexpected(std::move(judged.error()));
    }
  }
  if (answered && evidence.session) {
    // From here on it may be held for long, and there may be thousands.
    switched.buffer.shrink();
    evidence.response->head.fields.shrink_to_fit();
    co_return std::optional<Switched>(std::move(switched));
  }
  switched.stream->close();
  if (!answered) co_return tl::unexpected(std::move(answered.error()));
  co_return std::optional<Switched>();
}

/// What of an UpgradeSpec is needed once the protocols are switched.
struct SessionPart {
  explicit SessionPart(UpgradeSpec&& spec)
      : session(std::move(spec.session)),
        while_held(std::move(spec.while_held)),
        while_closing(std::move(spec.while_closing)) {}

  SessionSpec session;
  std::function<net::awaitable<void>()> while_held;
  std::function<net::awaitable<void>()> while_closing;
};

net::awaitable<void> run_session(Switched& switched, std::unique_ptr<UpgradeSpec> spec, ExchangeResult& result,
                                 Deadline deadline) {
  net::StreamPtr stream = std::move(switched.stream);
  wire::FrameCodec codec(net::random_bytes, spec->session_limits, switched.deflate);
  const SessionPart part(std::move(*spec));
  spec.reset();  // it may be held for long
  Session session(*stream, std::move(switched.buffer), part.session, std::move(codec), part.while_held,
                  part.while_closing, result.evidence, deadline);
  co_await session.run(result.outcome);
  stream->close();
}

net::awaitable<void> run(net::Opener& opener, std::unique_ptr<UpgradeSpec> spec, Deadline deadline,
                         ExchangeResult& result) {
  result.evidence.times.start(SteadyClock::now());
  Result<std::optional<Switched>> switched = co_await switch_protocols(opener, *spec, result.evidence, deadline);
  if (!switched) {
    result.outcome = Failed{std::move(switched.error())};
  } else if (!*switched) {
    result.outcome = Rejected{Rejected::How::response};
  } else {
    net::awaitable<void> session = run_session(**switched, std::move(spec), result, deadline);
    co_await std::move(session);
  }
  result.evidence.times.finish(SteadyClock::now());
}

net::awaitable<ExchangeResult> run(net::Opener& opener, std::unique_ptr<UpgradeSpec> spec, Deadline deadline) {
  ExchangeResult result;
  net::awaitable<void> exchange = run(opener, std::move(spec), deadline, result);
  co_await std::move(exchange);
  co_return result;
}

}  // namespace

net::awaitable<ExchangeResult> upgrade_exchange(net::Opener& opener, UpgradeSpec spec, Deadline deadline) {
  return run(opener, std::make_unique<UpgradeSpec>(std::move(spec)), deadline);
}

net::awaitable<void> upgrade_exchange_into(net::Opener& opener, UpgradeSpec spec, Deadline deadline,
                                           ExchangeResult& result) {
  return run(opener, std::make_unique<UpgradeSpec>(std::move(spec)), deadline, result);
}

}  // namespace wsprobe::exchange
