// The report: plain data that one run leaves behind. Exporters read it and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/configuration.hpp"
#include "core/evidence.hpp"
#include "core/frontend.hpp"
#include "core/outcome.hpp"
#include "core/verdict.hpp"

namespace wsprobe {

enum class StepKind : std::uint8_t { health, http, upgrade, frontend };

/// Which credential the exchange carried.
enum class CredentialUse : std::uint8_t { none, valid, invalid };

/// What the scenario wants to see of an exchange.
enum class Expected : std::uint8_t {
  response,             ///< an HTTP response that meets the step's own expectations
  accepted,             ///< 101 and a session that behaves
  rejected,             ///< a refusal, whoever wrote it
  rejected_by_backend,  ///< a refusal shown to be the backend's
  rejected_by_proxy,    ///< a refusal shown to be the proxy's
  anything,             ///< experiments
};

/// An extra exchange whose only purpose is to tell two explanations apart. X(enumerator, what it sends).
#define WSPROBE_EXPERIMENTS(X)                                                                    \
  X(no_credential, "the upgrade without any credential")                                          \
  X(control_path, "the upgrade of a random path that nobody has defined, beside the real one")    \
  X(plain_get, "a GET of the same URL without the Upgrade headers")                               \
  X(plain_get_invalid, "a GET with the invalid credential, without the Upgrade headers")          \
  X(plain_control_path, "a GET of a random path that nobody has defined")                         \
  X(plain_root, "a GET of /")                                                                     \
  X(plain_index, "a GET of /index.html")                                                          \
  X(websocket_version, "the same upgrade with Sec-WebSocket-Version: 99")                         \
  X(websocket_version_invalid, "the invalid upgrade with Sec-WebSocket-Version: 99")              \
  X(unknown_method, "an unknown method on the same URL")                                          \
  X(foreign_origin, "the upgrade with the Origin of another site")                                \
  X(same_origin, "the upgrade with the target's own Origin")                                      \
  X(edge_error, "a request that every HTTP server must refuse itself: two different Host fields") \
  X(invalid_again, "the invalid upgrade where the scenario has none")                             \
  X(health_document, "the health document where the scenario has no health step")                 \
  X(doubled_prefix, "the health document with the first segment of its path twice")               \
  X(doubled_path, "the upgrade with its whole path twice")                                        \
  X(long_path, "the upgrade of a path of 9,000 bytes that nobody has defined")                    \
  X(long_query, "the upgrade of a random path with a query of 9,000 bytes")                       \
  X(direct_valid, "the valid upgrade past the proxy")                                             \
  X(direct_invalid, "the invalid upgrade past the proxy")                                         \
  X(direct_health, "the health document past the proxy")                                          \
  X(hop_valid, "the valid upgrade asked at one of the hops between the edge and the application") \
  X(other_address, "the upgrade that ought to work, at another address of the name")              \
  X(http2_websocket, "the upgrade over HTTP/2, where the edge offers that to browsers (RFC 8441)")

enum class ExperimentKind : std::uint8_t {
#define WSPROBE_ENUMERATOR(name, what) name,
  WSPROBE_EXPERIMENTS(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

/// What the health document says, as far as it says it. Only members of the expected type count.
struct HealthFacts {
  bool is_json = false;                            ///< one complete JSON document without duplicate keys
  std::string problem;                             ///< why not, in words
  std::optional<std::string> status;               ///< /status
  std::optional<bool> ws_available;                ///< /ws/available
  std::optional<std::int64_t> active_connections;  ///< /ws/active_connections
  std::optional<std::int64_t> topics;              ///< /ws/topics
};

/// `active_connections` around the time we held our socket.
struct ConnectionWitness {
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> during;
  std::optional<std::int64_t> after;
};

/// Which program a log belongs to.
enum class LogOwner : std::uint8_t { unknown, proxy, backend };

/// One line of somebody's log that is about one exchange of ours.
struct LogRecord {
  std::string source;  ///< "uvicorn.log", "docker logs backend"
  LogOwner owner = LogOwner::unknown;
  std::string format;                  ///< "uvicorn", "combined", "haproxy", "caddy-json" ...
  std::string method;                  ///< empty where the format does not say
  std::string target;                  ///< as that program saw it, redacted
  int status = 0;                      ///< 0: not said
  std::optional<int> upstream_status;  ///< of its own upstream, where it says so; 0: it says that it asked nobody
  std::string flags;                   ///< HAProxy's termination state ("PR--"), or what else the log says
  bool upgrade = false;                ///< the program took it for a WebSocket
  bool marked = false;                 ///< carries the run's own mark; otherwise it was found by counting
  std::string line;                    ///< at most 512 bytes, redacted
};

/// What became of one witness: a log file, or the output of a command.
struct WitnessReport {
  std::string source;
  LogOwner owner = LogOwner::unknown;
  std::string format;   ///< of the lines that were understood; empty: none was
  std::string problem;  ///< why it says nothing, in words; empty where it was read
  std::uint64_t bytes_read = 0;
  std::uint64_t lines_read = 0;
  std::uint64_t lines_ours = 0;
};

/// A number that the scenario reads from a response's document.
struct NamedValue {
  std::string name;
  std::optional<double> value;  ///< none: the document does not say
};

/// One exchange in the report: a step of the scenario, or an experiment.
struct StepReport {
  std::string name;
  StepKind kind = StepKind::http;
  CredentialUse credential = CredentialUse::none;
  std::optional<ExperimentKind> experiment;  ///< none for a step
  Expected expected = Expected::anything;
  Evidence evidence;
  Outcome outcome;
  bool as_expected = false;
  std::vector<std::string> unmet;  ///< one sentence per expectation that was not met
  std::optional<HealthFacts> health;
  std::vector<NamedValue> values;         ///< of an http step, in the order of the scenario
  std::optional<FrontendFacts> frontend;  ///< of a frontend step whose page was fetched
  std::optional<ConnectionWitness> witness;
  std::vector<LogRecord> logged;   ///< what the witnesses recorded of this exchange
  std::optional<std::size_t> hop;  ///< of hop_valid: which hop was asked, 0 the outermost behind the edge
  std::optional<Verdict> verdict;  ///< for every upgrade, and for every other step that is not as expected
};

struct Report {
  std::string scenario;
  std::string target;  ///< the edge, without query: "wss://api.example.com/api/ws"
  WallTime started_at{};
  Duration duration{};
  bool pass = false;
  bool interrupted = false;  ///< stopped by a signal: what follows is what there was
  Verdict verdict;
  std::map<std::string, std::string> labels;  ///< the scenario's own, constant
  std::vector<StepReport> steps;
  std::vector<StepReport> experiments;
  std::vector<WitnessReport> witnesses;
  std::optional<Configuration> configuration;  ///< the proxy's, where its files were given
  std::string upstream;            ///< the application's own address where the scenario names it: "backend:8000"
  std::vector<std::string> notes;  ///< sentences about the run itself: what was not tested, and why
};

[[nodiscard]] std::string_view name(StepKind kind);
[[nodiscard]] std::string_view name(CredentialUse credential);
[[nodiscard]] std::string_view name(ExperimentKind kind);
[[nodiscard]] std::string_view name(Expected expected);
[[nodiscard]] std::string_view name(LogOwner owner);
[[nodiscard]] std::string_view description(ExperimentKind kind);

}  // namespace wsprobe
