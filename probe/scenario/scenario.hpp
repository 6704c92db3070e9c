// A scenario: validated values, as the loader makes them from YAML and `diagnose` from its options.
//
// Every default is written here and nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/report.hpp"
#include "core/secret.hpp"
#include "scenario/diagnostic.hpp"

namespace wsprobe::scenario {

/// An absolute URL, taken apart. Only http, https, ws and wss.
struct Url {
  std::string scheme;      ///< lower case
  std::string host;        ///< without brackets, lower case
  std::uint16_t port = 0;  ///< explicit or the scheme's own
  bool port_given = false;
  std::string path = "/";  ///< percent-encoded
  std::string query;       ///< without '?'

  [[nodiscard]] bool secure() const { return scheme == "wss" || scheme == "https"; }
  /// "host" or "host:port", brackets around IPv6: what the Host field says.
  [[nodiscard]] std::string authority() const;
  /// The whole without query.
  [[nodiscard]] std::string display() const;
};

/// Begins the name of a secret that is no credential of the scenario: the value of a header that was asked for besides.
inline constexpr std::string_view added_header_prefix = "header:";

using Query = std::vector<std::pair<std::string, Text>>;
using Headers = std::vector<std::pair<std::string, Text>>;

struct JsonExpectation {
  std::string pointer;  ///< RFC 6901
  std::string value;    ///< as JsonDocument::typed_scalar_at gives it
};

/// What an element has to be to be counted.
struct ValueCondition {
  enum class Match : std::uint8_t { equal, regex };
  std::string pointer;  ///< RFC 6901, from the element on
  Match match = Match::equal;
  std::string text;  ///< as JsonDocument::scalar_at gives it, or an ECMAScript pattern found anywhere in that
};

/// A number that is read from a response's JSON document and goes on into reports and metrics.
struct ValueSource {
  enum class Kind : std::uint8_t { number, count };
  std::string name;  ///< a plain name: see is_plain_name()
  Kind kind = Kind::number;
  std::string pointer;                ///< to a number, or to the array whose elements are counted
  std::vector<ValueCondition> where;  ///< of a count: all of them have to hold
  std::optional<double> otherwise;    ///< where the pointer leads nowhere; none: that is not as expected
};

inline constexpr std::size_t maximum_values = 32;
inline constexpr std::size_t maximum_value_conditions = 8;

inline constexpr std::size_t maximum_extensions = 8;

/// Between which bounds, themselves included, a value has to be.
struct ValueBounds {
  std::string name;
  std::optional<double> lowest;
  std::optional<double> highest;
};

/// What a response has to be.
struct ResponseExpectation {
  std::vector<int> statuses = {200};
  std::vector<JsonExpectation> json;
  std::optional<std::string> body_contains;
  std::vector<ValueBounds> values;
};

struct HealthStep {
  std::string name = "health";
  std::string path = "/api/system/health";
  Query query;
  Headers headers;
  ResponseExpectation expect;
};

struct HttpStep {
  std::string name = "http";
  std::string method = "GET";
  std::string path;
  Query query;
  Headers headers;  ///< `bearer` among them
  Text body;
  std::vector<ValueSource> values;
  ResponseExpectation expect;
};

struct MessageText {
  std::string text;
};
struct MessageJson {
  std::vector<JsonExpectation> values;
};
struct MessageRegex {
  std::string pattern;
};

struct Message {
  std::optional<Text> send;
  std::variant<std::monostate, MessageText, MessageJson, MessageRegex> expect;
};

struct UpgradeExpectation {
  Expected answer = Expected::accepted;  ///< any but `response`; with `anything` only no answer at all is unmet
  std::vector<int> statuses;             ///< of a refusal; empty: any. A close code (1008, 4401) counts as one
};

struct UpgradeStep {
  std::string name = "upgrade";
  std::string path;
  Query query;
  Headers headers;
  std::optional<std::string> origin;
  std::vector<Text> subprotocols;       ///< tokens travel here too
  std::vector<std::string> extensions;  ///< offers of permessage-deflate, as they are sent; none: none
  UpgradeExpectation expect;
  std::vector<Message> messages;
  int ping = 0;
  Duration hold{};
  int close_code = 1000;
  /// Derived: which credential the step's query, headers, subprotocols or messages carry.
  CredentialUse credential = CredentialUse::none;
};

/// What the page tells browsers, and whether one on it would connect.
struct FrontendStep {
  std::string name = "frontend";
  std::string path = "/";                ///< of the page, below target.frontend
  std::string variable = "WS_BASE_URL";  ///< of window; "__CONFIG__.wsUrl" for one inside
};

using Step = std::variant<HealthStep, HttpStep, UpgradeStep, FrontendStep>;

/// Where the other side of the proxy can be heard: a log file, or a command that prints a log.
struct WitnessSource {
  std::string file;               ///< empty: a command
  std::vector<std::string> argv;  ///< empty: a file; run without a shell
  LogOwner owner = LogOwner::unknown;
};

inline constexpr std::size_t maximum_witnesses = 8;

/// Which addresses of the edge's name are asked.
enum class Resolve : std::uint8_t { first, all };

/// Hops between the edge and the application, the application included.
inline constexpr std::size_t maximum_hops = 8;

/// Which further exchanges a run may make; each has all that the ones before it have.
enum class Experiments : std::uint8_t {
  never,
  gentle,       ///< nothing that counts as a failed login: no further upgrade with a wrong credential, nothing twice
  when_needed,  ///< while something is not as expected or not settled
};

/// Whether the upgrade is asked over HTTP/2 too, beside the steps, as browsers may make it. Only where the edge is wss.
enum class OverHttp2 : std::uint8_t { never, as_browsers_do };

struct Scenario {
  std::string name;
  Url edge;
  std::vector<Url> hops;      ///< between the edge and `direct`, the outermost first
  std::optional<Url> direct;  ///< the application itself
  Resolve resolve = Resolve::first;
  std::vector<WitnessSource> witnesses;
  std::optional<Url> frontend;
  std::map<std::string, std::string> labels;
  Duration every = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(10);
  Experiments experiments = Experiments::when_needed;
  OverHttp2 over_http2 = OverHttp2::never;  ///< counts as an experiment
  std::vector<SecretPtr> secrets;           ///< for the redactor
  Text valid;                               ///< empty where the scenario has none
  Text invalid;                             ///< always there; random and marked unless given
  std::vector<Step> steps;                  ///< at least one
  std::vector<Diagnostic> warnings;         ///< what is accepted and yet unwise
};

}  // namespace wsprobe::scenario
