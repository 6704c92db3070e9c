#include "app/probe_target.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

tl::expected<scenario::Url, std::string> parse_target(const std::string& text, const scenario::Url& edge) {
  const bool has_scheme = text.find("://") != std::string::npos;
  const std::string whole = has_scheme ? text : fmt::format("{}://{}", edge.scheme, text);
  auto url = scenario::parse_url(whole, {"ws", "wss", "http", "https"});
  if (!url) return url;
  url->scheme = url->secure() ? "wss" : "ws";
  url->path = "/";
  url->query.clear();
  return url;
}

bool is_same_place(const scenario::Url& left, const scenario::Url& right) {
  return left.secure() == right.secure() && left.host == right.host && left.port == right.port;
}

/// The places the scenario itself goes to.
std::vector<scenario::Url> own_places(const scenario::Scenario& scenario) {
  std::vector<scenario::Url> places{scenario.edge};
  if (scenario.direct) places.push_back(*scenario.direct);
  places.insert(places.end(), scenario.hops.begin(), scenario.hops.end());
  return places;
}

}  // namespace

tl::expected<scenario::Scenario, TargetRefusal> retargeted(const scenario::Scenario& scenario,
                                                           const std::string& target,
                                                           const std::vector<std::string>& allowed) {
  const auto url = parse_target(target, scenario.edge);
  if (!url) return tl::unexpected(TargetRefusal{400, "target: " + url.error()});
  if (is_same_place(*url, scenario.edge)) return scenario;

  const std::vector<scenario::Url> own = own_places(scenario);
  const bool is_own =
      std::any_of(own.begin(), own.end(), [&](const scenario::Url& place) { return is_same_place(*url, place); });
  const bool is_allowed = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& text) {
    const auto place = parse_target(text, scenario.edge);
    return place && is_same_place(*url, *place);
  });
  if (!is_own && !is_allowed) {
    return tl::unexpected(TargetRefusal{403, "this target is not among `probe_targets` of the configuration"});
  }
  if (!is_own && !scenario.secrets.empty()) {
    return tl::unexpected(TargetRefusal{
        403, fmt::format("the scenario {} carries credentials, which go to its own hosts alone", scenario.name)});
  }
  scenario::Scenario changed = scenario;
  changed.edge = *url;
  changed.direct.reset();
  changed.hops.clear();
  changed.frontend.reset();
  changed.witnesses.clear();
  return changed;
}

}  // namespace wsprobe::app
