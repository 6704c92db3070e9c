// The verdict: who wrote the answer (emitter), who has to change something (fault), why (cause), how sure, what to do.
//
// Emitter and fault are two things. A proxy that rewrites /api/ws to /index.html makes the *backend* write the 403, and
// it is the *proxy* that has to change.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace wsprobe {

enum class Emitter : std::uint8_t { proxy, backend, cdn, none, undetermined };
enum class Fault : std::uint8_t { proxy, backend, cdn, frontend, client, network, none, undetermined };

/// The closed list of causes; docs/glossary.md says what each means. X(enumerator).
/// `transport` stands for the failures without an answer; its name is that of the reason (tls_expired, tcp_refused,
/// dns_not_found, timeout_first_byte ...).
#define WSPROBE_CAUSES(X) \
  X(healthy)              \
  X(auth_rejected)        \
  X(auth_bypass)          \
  X(route_missing)        \
  X(origin_rejected)      \
  X(backend_error)        \
  X(backend_unhealthy)    \
  X(proxy_denied)         \
  X(proxy_auth_required)  \
  X(proxy_rewrote_path)   \
  X(spa_fallback)         \
  X(upgrade_stripped)     \
  X(upstream_unreachable) \
  X(upstream_timeout)     \
  X(rate_limited)         \
  X(redirected)           \
  X(idle_timeout)         \
  X(connection_aborted)   \
  X(protocol_error)       \
  X(frontend_wrong_url)   \
  X(frontend_csp_blocks)  \
  X(transport)            \
  X(undetermined)

enum class CauseId : std::uint8_t {
#define WSPROBE_ENUMERATOR(name) name,
  WSPROBE_CAUSES(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

struct Cause {
  CauseId id = CauseId::undetermined;
  std::optional<Reason> reason;  ///< set exactly when id is `transport`

  Cause() = default;
  Cause(CauseId cause) : id(cause) {}  // NOLINT(google-explicit-constructor): most causes are just their id
  static Cause transport(Reason reason);

  friend bool operator==(const Cause&, const Cause&) = default;
};

[[nodiscard]] std::span<const CauseId> all_causes();
[[nodiscard]] std::string_view name(Emitter emitter);
[[nodiscard]] std::string_view name(Fault fault);
[[nodiscard]] std::string_view name(CauseId id);
[[nodiscard]] std::string_view name(const Cause& cause);

/// One line of evidence as it is shown: a fact, what it supports, and how strongly.
struct SupportingFact {
  std::string fact;      ///< a sentence
  std::string supports;  ///< "backend", "proxy", or the name of a cause
  double weight = 0;     ///< natural log of the likelihood ratio in favour of `supports`; 0 for a plain observation
};

struct Verdict {
  Emitter emitter = Emitter::undetermined;
  Fault fault = Fault::undetermined;
  Cause cause;
  double confidence = 0;                ///< 0..1
  std::string summary;                  ///< one sentence
  std::string remedy;                   ///< what to do; several lines where a configuration is given
  std::vector<SupportingFact> reasons;  ///< never empty
  std::vector<std::string> reproduce;   ///< shell commands; secrets stand as shell variables
};

}  // namespace wsprobe
