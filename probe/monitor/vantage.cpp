#include "monitor/vantage.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace wsprobe::monitor {
namespace {

constexpr Duration holds_for = std::chrono::seconds(5);
constexpr Duration recent = std::chrono::seconds(60);
constexpr Duration patience = std::chrono::seconds(2);

/// A refusal or a reset is an answer: somebody was reached.
bool is_explained_by_own_network(Reason reason) {
  switch (kind_of(reason)) {
    case FailureKind::dns:
      return reason != Reason::dns_bad_name && reason != Reason::dns_not_found && reason != Reason::dns_no_address &&
             reason != Reason::dns_refused;
    case FailureKind::tcp: return reason == Reason::tcp_unreachable || reason == Reason::tcp_error;
    case FailureKind::timeout: return reason == Reason::timeout_resolve || reason == Reason::timeout_connect;
    case FailureKind::tls:
    case FailureKind::closed:
    case FailureKind::protocol_error:
    case FailureKind::limit:
    case FailureKind::local: break;
  }
  return false;
}

/// "127.0.0.1", "127.0.0.1:443", "::1", "[::1]:443", and IPv4 in IPv6.
bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("[::1]") ||
         address.starts_with("::ffff:127.") || address.starts_with("[::ffff:127.");
}

/// The way to this machine itself says nothing about its network.
bool stays_on_this_machine(const Evidence& evidence) {
  if (!evidence.address.empty()) return is_loopback(evidence.address);
  return !evidence.resolved.empty() && std::all_of(evidence.resolved.begin(), evidence.resolved.end(), is_loopback);
}

bool never_arrived(const StepReport& step) {
  const auto* failed = std::get_if<Failed>(&step.outcome);
  return failed != nullptr && is_explained_by_own_network(failed->error.reason) &&
         !stays_on_this_machine(step.evidence);
}

bool arrived_elsewhere(const Report& report) {
  return std::any_of(report.steps.begin(), report.steps.end(), [](const StepReport& step) {
    return !step.evidence.address.empty() && !is_loopback(step.evidence.address);
  });
}

/// A route whose interface is up and is not the loopback: flags are hexadecimal, RTF_UP is 1, RTF_REJECT 0x200.
bool is_way_out(const std::string& interface, unsigned long flags) {
  return interface != "lo" && (flags & 1U) != 0 && (flags & 0x200U) == 0;
}

}  // namespace

bool has_route(const std::string& ipv4_table, const std::string& ipv6_table) {
  if (ipv4_table.empty() && ipv6_table.empty()) return true;
  std::istringstream ipv4(ipv4_table);
  std::string line;
  std::getline(ipv4, line);  // the titles
  while (std::getline(ipv4, line)) {
    std::istringstream words(line);
    std::string interface;
    std::string destination;
    std::string gateway;
    unsigned long flags = 0;
    if (words >> interface >> destination >> gateway >> std::hex >> flags && is_way_out(interface, flags)) return true;
  }
  std::istringstream ipv6(ipv6_table);
  while (std::getline(ipv6, line)) {
    // destination length source length next-hop metric references use flags interface
    std::istringstream words(line);
    std::string skipped;
    for (int at = 0; at < 8; ++at) words >> skipped;
    unsigned long flags = 0;
    std::string interface;
    const bool is_default = line.starts_with("00000000000000000000000000000000 00 ");
    if (words >> std::hex >> flags >> interface && is_default && is_way_out(interface, flags)) return true;
  }
  return false;
}

bool never_arrived(const Report& report) {
  return !report.steps.empty() && std::all_of(report.steps.begin(), report.steps.end(),
                                              [](const StepReport& step) { return never_arrived(step); });
}

void blame_vantage(Report& report, Standing standing) {
  if (standing == Standing::not_suspect) return;
  const bool no_route = standing == Standing::no_route;
  const auto put = [&](Verdict& verdict) {
    verdict.emitter = Emitter::none;
    verdict.fault = no_route ? Fault::client : Fault::network;
    verdict.summary = no_route ? "The machine that probes has no way out: nothing is known about the service."
                               : "The machine that probes is cut off: none of its neighbours answers, and nothing is "
                                 "known about the service.";
    verdict.remedy = "Look at the network of the machine that runs wsprobe, and at another vantage point's verdict.";
    const std::string fact = no_route ? "this machine has no route but to itself"
                                      : "none of the neighbours in `vantage` answers on this machine";
    verdict.reasons.push_back({fact, std::string(name(verdict.fault)), 0});
  };
  put(report.verdict);
  for (StepReport& step : report.steps) {
    if (step.verdict) put(*step.verdict);
  }
}

Vantage::Vantage(net::Connector& connector, std::vector<Neighbour> neighbours)
    : connector_(connector), neighbours_(std::move(neighbours)) {}

void Vantage::note(const Report& report, TimePoint now) {
  if (!report.interrupted && arrived_elsewhere(report)) arrived_[report.scenario] = now;
  std::erase_if(arrived_, [&](const auto& entry) { return now - entry.second > recent; });
}

net::awaitable<Standing> Vantage::judge(const std::string& scenario, TimePoint now) {
  const bool others_arrive = std::any_of(arrived_.begin(), arrived_.end(), [&](const auto& entry) {
    return entry.first != scenario && now - entry.second <= holds_for;
  });
  if (others_arrive) co_return Standing::not_suspect;
  if (found_ && now - found_at_ <= holds_for) co_return *found_;
  const Standing found = co_await ask();
  found_ = found;
  found_at_ = now;
  co_return found;
}

net::awaitable<Standing> Vantage::ask() {
  const auto read = [](const char* path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  if (!has_route(read("/proc/net/route"), read("/proc/net/ipv6_route"))) co_return Standing::no_route;
  if (neighbours_.empty()) co_return Standing::not_suspect;
  const Deadline deadline = SteadyClock::now() + patience;
  for (const Neighbour& neighbour : neighbours_) {
    Evidence evidence;
    const net::Authority authority{net::Security::plain, neighbour.host, neighbour.port};
    const auto stream = co_await connector_.open(authority, deadline, evidence);
    if (stream || stream.error().reason == Reason::tcp_refused) co_return Standing::not_suspect;
  }
  co_return Standing::cut_off;
}

}  // namespace wsprobe::monitor
