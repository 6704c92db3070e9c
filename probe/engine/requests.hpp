// From a scenario's steps, and from experiments on them, to what the exchanges send.
//
// An experiment changes exactly one thing about the request it is compared with, because a difference between two
// answers proves something only if there is one difference between the questions.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/report.hpp"
#include "exchange/http_exchange.hpp"
#include "exchange/upgrade_exchange.hpp"
#include "scenario/scenario.hpp"

namespace wsprobe::engine {

[[nodiscard]] exchange::HttpSpec request_of(const scenario::Scenario& scenario, const scenario::HealthStep& step);
[[nodiscard]] exchange::HttpSpec request_of(const scenario::Scenario& scenario, const scenario::HttpStep& step);
[[nodiscard]] exchange::UpgradeSpec request_of(const scenario::Scenario& scenario, const scenario::UpgradeStep& step);

/// The step whose document counts connections, or null.
[[nodiscard]] const scenario::HealthStep* health_step_of(const scenario::Scenario& scenario);

struct Experiment {
  ExperimentKind kind;
  CredentialUse credential = CredentialUse::none;
  std::variant<exchange::HttpSpec, exchange::UpgradeSpec> request;
  std::optional<std::size_t> hop = std::nullopt;  ///< of hop_valid
};

/// The index of the step that experiments vary: the upgrade that ought to work. None where there is no upgrade.
[[nodiscard]] std::optional<std::size_t> base_step_of(const scenario::Scenario& scenario);

/// None where the scenario has nothing to vary: no upgrade step, no direct address, no credential to leave out.
/// `nonce` names the path that nobody has defined; it is the same for all experiments of a run.
[[nodiscard]] std::optional<Experiment> make_experiment(const scenario::Scenario& scenario, ExperimentKind kind,
                                                        const std::string& nonce);

/// The upgrade that ought to work at each hop between the edge and the application, the outermost first.
[[nodiscard]] std::vector<Experiment> at_each_hop(const scenario::Scenario& scenario);

/// The upgrade that ought to work, and a ping, over HTTP/2; none where the edge is not reached by TLS, or every upgrade
/// carries the invalid credential.
[[nodiscard]] std::optional<Experiment> over_http2(const scenario::Scenario& scenario);

/// The upgrade that ought to work at each of `addresses` ("192.0.2.7:443", "[2001:db8::1]:443").
[[nodiscard]] std::vector<Experiment> at_each_address(const scenario::Scenario& scenario,
                                                      const std::vector<std::string>& addresses);

}  // namespace wsprobe::engine
