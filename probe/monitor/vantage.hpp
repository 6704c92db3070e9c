// Is it the target that is down, or the prober's own network?
//
// A prober that has lost its network sees every target fail and would wake everybody. Before a failure on the way is
// blamed on the target, three things are looked at: whether other targets were reached a moment ago, whether this
// machine has a way out at all, and whether any of the configured neighbours answers. Without one of these saying so,
// nothing is claimed about the prober.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/report.hpp"
#include "net/connector.hpp"

namespace wsprobe::monitor {

/// "example.com:443": something near that answers as long as the network works.
struct Neighbour {
  std::string host;
  std::uint16_t port = 0;
};

enum class Standing : std::uint8_t {
  not_suspect,  ///< nothing speaks against the prober
  no_route,     ///< this machine has no way out
  cut_off,      ///< it has one, and none of its neighbours answers
};

/// Whether the run never got as far as a peer: each step failed in a way that the prober's own network explains. The
/// loopback is not that network.
[[nodiscard]] bool never_arrived(const Report& report);

/// Puts the prober in the place of the target: emitter none, fault client or network. The cause stays.
void blame_vantage(Report& report, Standing standing);

class Vantage {
 public:
  Vantage(net::Connector& connector, std::vector<Neighbour> neighbours);

  void note(const Report& report, TimePoint now);

  /// After a run that never arrived. What was found holds for a few seconds.
  net::awaitable<Standing> judge(const std::string& scenario, TimePoint now);

 private:
  net::awaitable<Standing> ask();

  net::Connector& connector_;
  std::vector<Neighbour> neighbours_;
  std::map<std::string, TimePoint> arrived_;  // scenario to when it last reached its peer
  std::optional<Standing> found_;
  TimePoint found_at_{};
};

/// Whether the kernel's tables (/proc/net/route, /proc/net/ipv6_route) have a way out of this machine. True where they
/// cannot be read.
[[nodiscard]] bool has_route(const std::string& ipv4_table, const std::string& ipv6_table);

}  // namespace wsprobe::monitor
