// A peer in memory: the test double of net::Stream and net::Opener.
//
// The script says what can be read and how it ends; nothing ever waits, silence is a timeout at once. What was said can
// be handed out in pieces, and the Nth operation (open, read and write count alike) can be made to fail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/evidence.hpp"
#include "net/connector.hpp"
#include "net/stream.hpp"

namespace wsprobe::test {

/// What a read finds when everything that was said has been read.
enum class Ending : std::uint8_t { silence, end, reset, truncated, cancelled };

/// What a lost connection is called in each phase, by net.
inline Error reset_in(Phase phase) {
  switch (phase) {
    case Phase::request: return make_error(phase, Reason::closed_in_request, "Broken pipe");
    case Phase::response: return make_error(phase, Reason::reset_in_body, "Connection reset by peer");
    case Phase::message:
    case Phase::close: return make_error(phase, Reason::reset_in_session, "Connection reset by peer");
    case Phase::connect: return make_error(phase, Reason::tcp_reset, "Connection reset by peer");
    case Phase::tls: return make_error(phase, Reason::tls_reset_in_handshake, "Connection reset by peer");
    case Phase::resolve:
    case Phase::first_byte:
    case Phase::upgrade: break;
  }
  return make_error(phase, Reason::reset_before_response, "Connection reset by peer");
}

/// The peer's side of one exchange, shared by the opener, its stream and the test. The public members are the script
/// and what came of it.
class Peer {
 public:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  /// Told what each write wrote; this is where the peer answers.
  std::function<void(Peer& peer, std::string_view written)> on_write;
  Ending ending = Ending::silence;
  bool refuses_writes = false;  ///< as a peer that has closed does

  std::size_t largest_read = unlimited;
  std::size_t cut_at = unlimited;  ///< no read goes past this many bytes of all that is said

  std::optional<std::size_t> fail_at;  ///< this operation fails, counted from 0
  Ending failure = Ending::reset;      ///< how; after a reset or a cancellation nothing works any more
  std::optional<Error> injected;       ///< instead of `failure`; its phase is that of the operation

  std::size_t operations = 0;
  std::optional<Phase> failed_in;  ///< the phase of the operation that was made to fail
  std::string written;             ///< all of it
  std::size_t said = 0;
  int streams = 0;  ///< open ones

  void say(std::string_view bytes) {
    incoming_ += bytes;
    said += bytes.size();
  }

  std::optional<Error> next_operation(Phase phase) {
    const bool fails = fail_at && operations == *fail_at;
    ++operations;
    if (!fails) return std::nullopt;
    failed_in = phase;
    if (injected) return Error{phase, injected->origin, injected->reason, injected->detail};
    ending = failure;
    refuses_writes = true;
    return error_of(failure, phase);
  }

  static Error error_of(Ending ending, Phase phase) {
    switch (ending) {
      case Ending::silence: return make_error(phase, timeout_in(phase));
      case Ending::end:
      case Ending::truncated: return make_error(phase, Reason::closed_truncated);
      case Ending::reset: return reset_in(phase);
      case Ending::cancelled: break;
    }
    return make_error(phase, Reason::cancelled);
  }

  Result<std::size_t> read(std::span<std::byte> into, Phase phase) {
    if (const auto failure_now = next_operation(phase)) return tl::unexpected(*failure_now);
    if (read_ == incoming_.size()) {
      if (ending == Ending::end) return 0;
      return tl::unexpected(error_of(ending, phase));
    }
    std::size_t count = std::min({into.size(), incoming_.size() - read_, largest_read});
    if (read_ < cut_at) count = std::min(count, cut_at - read_);
    std::copy_n(reinterpret_cast<const std::byte*>(incoming_.data()) + read_, count, into.begin());
    read_ += count;
    return count;
  }

  Result<void> write(std::span<const std::byte> bytes, Phase phase) {
    if (const auto failure_now = next_operation(phase)) return tl::unexpected(*failure_now);
    if (refuses_writes) return tl::unexpected(ending == Ending::cancelled ? error_of(ending, phase) : reset_in(phase));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    written += text;
    if (on_write) on_write(*this, text);
    return {};
  }

 private:
  std::string incoming_;
  std::size_t read_ = 0;
};

class ScriptedStream final : public net::Stream {
 public:
  explicit ScriptedStream(Peer& peer) : peer_(peer) { ++peer_.streams; }
  ~ScriptedStream() override { close(); }
  ScriptedStream(const ScriptedStream&) = delete;
  ScriptedStream& operator=(const ScriptedStream&) = delete;

  net::awaitable<Result<std::size_t>> read_some(std::span<std::byte> into, Phase phase, Deadline) override {
    co_return peer_.read(into, phase);
  }
  net::awaitable<Result<void>> write(std::span<const std::byte> bytes, Phase phase, Deadline) override {
    co_return peer_.write(bytes, phase);
  }
  [[nodiscard]] bool is_quiet() override { return true; }

  void close() override {
    if (std::exchange(open_, false)) --peer_.streams;
  }

 private:
  Peer& peer_;
  bool open_ = true;
};

class ScriptedOpener final : public net::Opener {
 public:
  /// `peer` has to outlive every stream that is opened.
  explicit ScriptedOpener(Peer& peer) : peer_(peer) {}

  net::awaitable<Result<net::StreamPtr>> open(net::Authority authority, Deadline, Evidence& evidence) override {
    opened = std::move(authority);
    evidence.times.begin(Phase::connect, SteadyClock::now());
    if (auto failure = peer_.next_operation(Phase::connect)) co_return tl::unexpected(std::move(*failure));
    evidence.times.end(Phase::connect, SteadyClock::now());
    evidence.address = "192.0.2.7:80";
    co_return std::make_unique<ScriptedStream>(peer_);
  }

  net::Authority opened;  ///< where the last one was to go

 private:
  Peer& peer_;
};

}  // namespace wsprobe::test
