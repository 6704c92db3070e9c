// A deployment described by the answers it gives: what a test of attribution starts from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attribution/attribution.hpp"
#include "attribution/pattern.hpp"

namespace wsprobe::attribution::test {

/// A step with the response of these bytes (a 101 accepts, anything else refuses an upgrade), or without one where
/// `raw` is empty: then `end` says how it ended ("eof", "reset", "timeout").
[[nodiscard]] StepReport step_from_bytes(std::string name, const std::string& raw, StepKind kind,
                                         CredentialUse credential, const std::string& end = "open");

/// Builds the steps health, valid, invalid and any experiments.
class Scene {
 public:
  Scene& health(const std::string& raw);
  Scene& valid(const std::string& raw);
  Scene& invalid(const std::string& raw);
  Scene& experiment(ExperimentKind kind, const std::string& raw);
  /// The last step or experiment, for what the bytes do not say.
  [[nodiscard]] StepReport& last() { return *last_; }

  [[nodiscard]] Attribution judge() const { return attribute({steps_, experiments_, "backend:8000"}); }
  /// The verdict of the step of that name.
  [[nodiscard]] Verdict verdict(std::string_view name) const;
  [[nodiscard]] Pattern pattern(std::string_view name) const;
  [[nodiscard]] const std::vector<StepReport>& steps() const { return steps_; }
  [[nodiscard]] const std::vector<StepReport>& experiments() const { return experiments_; }

 private:
  void add(std::vector<StepReport>& list, StepReport step);

  std::vector<StepReport> steps_;
  std::vector<StepReport> experiments_;
  StepReport* last_ = nullptr;
};

// Answers as Caddy passes them on or makes them, from uvicorn with websockets (W) and with wsproto (S).
extern const std::string accepted_101;
extern const std::string green_health;
extern const std::string health_not_found;  ///< the application's 404 in place of the health document
extern const std::string passed_403_w;
extern const std::string passed_403_s;  ///< the only product named is Caddy
extern const std::string caddy_403;
extern const std::string caddy_403_no_server;
extern const std::string caddy_502;
extern const std::string go_bad_request;  ///< of Go's server, to a request with two Host fields
extern const std::string plain_404;       ///< of FastAPI
/// A response of the given status with the given fields and body, Content-Length added.
[[nodiscard]] std::string answer(std::string_view status_line, std::string_view fields, std::string_view body);

}  // namespace wsprobe::attribution::test
