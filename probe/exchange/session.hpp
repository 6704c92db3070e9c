// What happens on an accepted WebSocket: messages, pings, the hold, the closing handshake (RFC 6455 sections 5 to 7).
//
// The peer's frames are taken one at a time. Its pings are answered, the last few of those that came together (section
// 5.5.3), so that what its frames make us send is bounded; its pongs count only with the payload of our ping. A write
// that fails is not the last word: the peer may have closed first, and its close frame says why.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/evidence.hpp"
#include "core/outcome.hpp"
#include "core/secret.hpp"
#include "exchange/message_expectation.hpp"
#include "exchange/read_buffer.hpp"
#include "net/asio.hpp"
#include "net/companion.hpp"
#include "net/stream.hpp"
#include "wire/ws_frames.hpp"

namespace wsprobe::exchange {

/// Something to send (if any) and something to wait for (if any). Messages that do not match are passed over until the
/// deadline; the last one is kept as evidence.
struct MessageSpec {
  std::optional<Text> send;
  MessageExpectation expect;
};

struct SessionSpec {
  std::vector<MessageSpec> messages;
  int pings = 0;          ///< round trips, one after the other; 0..1000
  Duration hold{};        ///< stay connected for so long after messages and pings
  int close_code = 1000;  ///< what we close with
  /// What is sent for a message that comes in the hold; nothing where it gives an empty text. A probe listens only; an
  /// echo client answers.
  std::function<std::string(wire::FrameCodec&, const wire::Incoming&)> answer{};

  [[nodiscard]] bool asks_for_nothing() const { return messages.empty() && pings == 0 && hold == Duration::zero(); }
};

/// Codes with which an application refuses after accepting: 1002, 1003, 1007, 1008, 1011..1014, 3000..4999
/// (RFC 6455 section 7.4; 3000 and up are the application's own).
[[nodiscard]] bool refuses(int close_code);

/// Of the pings that came together, so many are answered.
inline constexpr std::size_t answered_pings = 16;

/// A peer that breaks the protocol is told so (RFC 6455 section 7.1.7), but not waited for.
inline constexpr Duration farewell_patience = std::chrono::milliseconds(100);

/// How long an echo of our close frame is waited for at most.
inline constexpr Duration close_patience = std::chrono::seconds(3);

class Session {
 public:
  /// All references have to outlive the session; evidence.session is set. `buffer` holds what was read after the 101.
  Session(net::Stream& stream, ReadBuffer buffer, const SessionSpec& spec, wire::FrameCodec codec,
          const std::function<net::awaitable<void>()>& while_held,
          const std::function<net::awaitable<void>()>& while_closing, Evidence& evidence, Deadline deadline);

  /// Times the phases message and close. A missing echo of our close frame is no failure of a session that has shown
  /// that it works (a pong, a matched message, a hold): it is Completed with `echoed` false. Where nothing was shown,
  /// an end of the connection instead of the echo is closed_without_close_frame or reset_in_session; silence is not.
  net::awaitable<void> run(Outcome& outcome);

 private:
  enum class Progress : std::uint8_t { going_on, closed_by_peer };

  net::awaitable<Result<Progress>> converse(net::Companion& company);
  net::awaitable<Result<Progress>> exchange_message(std::size_t index);
  net::awaitable<Result<Progress>> exchange_ping();
  net::awaitable<Result<Progress>> hold(TimePoint until);
  net::awaitable<Result<Progress>> answer(const wire::Incoming& item);
  net::awaitable<Outcome> end(Result<Progress> progress);
  net::awaitable<Outcome> answer_close();
  net::awaitable<Outcome> close();

  net::awaitable<Result<Progress>> send(std::string frame);
  net::awaitable<Result<Progress>> drain(Error failed_write);
  net::awaitable<Result<wire::Incoming>> receive(Phase phase, Deadline until);
  Result<std::optional<wire::Incoming>> decode(Phase phase);
  net::awaitable<Result<void>> answer_pings(Deadline until);
  net::awaitable<void> tell_why(const Error& error);

  [[nodiscard]] Error place_loss(Error error) const;
  [[nodiscard]] Outcome judge_reply(const std::optional<int>& code);
  [[nodiscard]] Outcome judge_missing_echo(Error error);

  net::Stream& stream_;
  ReadBuffer buffer_;
  const SessionSpec& spec_;
  const std::function<net::awaitable<void>()>& while_held_;
  const std::function<net::awaitable<void>()>& while_closing_;
  Evidence& evidence_;
  Deadline deadline_;
  wire::FrameCodec codec_;
  std::vector<std::string> unanswered_pings_;
  bool proven_ = false;  // the peer has done something that only a working session does
};

}  // namespace wsprobe::exchange
