// What a rule of the signature is: a property of one answer, what it says of the author, and how that is known.
//
// The tables are in rules_assembly.cpp (how answers are put together in general), rules_applications.cpp,
// rules_proxies.cpp and rules_clouds.cpp (what one product writes).
//
// Names (Server) are the weakest of properties: every product can be told to lie, and wsproto's refusals carry only
// what the proxy adds. Assembly is the strongest: in which order the fields were put, how the body was framed, which
// phrases stand in the status line. Nobody configures those.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/pattern.hpp"
#include "attribution/proxy_habits.hpp"

namespace wsprobe::attribution {

/// Whether a service that the proxy asks first (forward-auth) could have written a refusal that was passed on.
enum class Relay : std::uint8_t { excluded, possible };

/// How the same request without the Upgrade headers was answered: in every respect the same, with the same status, or
/// with another.
enum class PlainTwin : std::uint8_t { not_asked, same, similar, otherwise };

/// One answer, as rules see it.
struct View {
  const StepReport& step;
  const Response& response;
  const Response* sample = nullptr;  ///< a plain answer that the application is known to have written, or null
  GoProxy go = GoProxy::no;
  Relay relay = Relay::excluded;
  PlainTwin plain = PlainTwin::not_asked;
  const Knowledge* knowledge = nullptr;  ///< null: everything is known
  const Pattern* around = nullptr;       ///< the answers beside it; null where it is looked at alone

  [[nodiscard]] const ResponseHead& head() const { return response.head; }
  [[nodiscard]] int status() const { return response.head.status; }
  [[nodiscard]] std::string_view body() const { return response.body; }
  [[nodiscard]] bool body_has(std::string_view text) const;
  [[nodiscard]] bool body_starts_with(std::string_view text) const;
  /// Line ends after the text aside.
  [[nodiscard]] bool body_is(std::string_view text) const;
  [[nodiscard]] bool has(std::string_view field_name) const { return head().find(field_name) != nullptr; }
  /// Some field of that name has `text` in its value (any case).
  [[nodiscard]] bool field_has(std::string_view field_name, std::string_view text) const;
  [[nodiscard]] bool server_has(std::string_view text) const { return field_has("server", text); }
  /// Server has `text` here, and not in the application's own answers, where somebody would put it on everything.
  [[nodiscard]] bool server_marks(std::string_view text) const;
  /// A file, which a proxy serves itself with a length from the start, as it forwards answers.
  [[nodiscard]] bool is_a_file() const;
  [[nodiscard]] bool knows(std::string_view product) const;
};

/// What a rule looks at: documented rules of a kind weigh less than every measured one of it.
enum class Nature : std::uint8_t {
  assembly,   ///< order, case, framing, phrase
  body,       ///< words that a program has built in
  field,      ///< a field that a program adds
  passed_on,  ///< only that the edge did not make it: behind the edge there may be another proxy
  hint        ///< what anybody can imitate, or what is only usual
};

/// How it is known: counted on the measured deployments, or read.
struct Provenance {
  int of_applications = 0;  ///< measured answers of applications with the property
  int of_proxies = 0;       ///< and of proxies
  std::string_view source;  ///< where it is written; empty where it was measured
  [[nodiscard]] constexpr bool is_measured() const { return source.empty(); }
};
constexpr Provenance measured(int of_applications, int of_proxies) { return {of_applications, of_proxies, {}}; }
constexpr Provenance documented(std::string_view source) { return {0, 0, source}; }

struct Rule {
  std::string_view id;
  std::string_view product;  ///< whose habit it is; empty where it holds of programs in general
  Nature nature;
  bool (*holds)(const View&);
  double weight;  ///< natural log of the likelihood ratio, positive for the application
  Provenance provenance;
  std::string_view sentence;
};

/// What only was passed on is no proof of the application: below least_fact of emitter.hpp.
inline constexpr double most_passed_on_weight = 1.7;

/// No documented rule is stronger than this: alone it names somebody only where nothing speaks against it.
inline constexpr double most_documented_weight = 2.8;

[[nodiscard]] std::span<const Rule> assembly_rules();
[[nodiscard]] std::span<const Rule> application_rules();
[[nodiscard]] std::span<const Rule> proxy_rules();
[[nodiscard]] std::span<const Rule> cloud_rules();
/// All of them, in this order.
[[nodiscard]] std::span<const Rule* const> all_rules();

/// Those that hold of the pattern's subject; empty where it has no response.
[[nodiscard]] std::vector<const Rule*> rules_that_hold(const Pattern& pattern);

/// What an answer shows of a network that stands in front and passes answers on: its product id, or empty. An answer
/// that carries such a mark may be the network's own or that of anybody behind it.
[[nodiscard]] std::string_view network_in_front(const Response& response, const Knowledge* knowledge);

}  // namespace wsprobe::attribution
