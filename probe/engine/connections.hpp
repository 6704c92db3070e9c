// Connections opened before they are needed.
//
// Over a path with long round trips most of a run is waiting for TCP and TLS handshakes that could have been made
// meanwhile. What is opened ahead must not change what is found out: a connection that lay waiting for long, or that
// the peer has closed or written to, is not used, and one whose opening failed counts for an exchange only where it was
// opened for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "core/clock.hpp"
#include "net/changes.hpp"
#include "net/connector.hpp"

namespace wsprobe::engine {

/// For whom a connection is opened.
enum class OpenedFor : std::uint8_t {
  step,   ///< an exchange that will be made: its failure to open is that exchange's
  spare,  ///< an exchange that may be made: a failure to open is forgotten
};

class Connections final : public net::Opener {
 public:
  /// A connection that has been open for longer without being used is closed instead. Servers wait for a request for
  /// five seconds and more.
  static constexpr Duration longest_wait = std::chrono::seconds(2);

  /// `connector` has to outlive this.
  explicit Connections(net::Connector& connector);
  ~Connections() override;
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// Begins to open as many connections as are missing to `count` that are open, or being opened, and not taken.
  void prepare(const net::Authority& authority, std::size_t count, OpenedFor purpose, Deadline deadline);

  /// Takes the connection that was prepared first for this authority, or opens one. The times in the evidence are those
  /// of its opening without the time it lay waiting.
  net::awaitable<Result<net::StreamPtr>> open(net::Authority authority, Deadline deadline, Evidence& evidence) override;

  /// Closes what nobody took and gives up what is being opened; returns when nothing of it is left.
  net::awaitable<void> close();

 private:
  struct Opening;
  using OpeningPtr = std::shared_ptr<Opening>;

  net::awaitable<void> begin(OpeningPtr opening, Deadline deadline);
  OpeningPtr take(const net::Authority& authority);

  net::Connector& connector_;
  std::unique_ptr<net::Connector> ahead_;  // so that what is opened ahead can be given up alone
  net::Changes changed_;
  std::list<OpeningPtr> waiting_;  // the oldest first
  std::size_t under_way_ = 0;
};

}  // namespace wsprobe::engine
