#include "exporters/json_read_lint.hpp"

#include "exporters/json_read_parts.hpp"

namespace wsprobe::exporters {
namespace {

using From = ConfigurationSource::From;

int number_or_zero(const Place& object, const char* key) {
  return optional_of<int>(object, key, [](const Place& number) { return number.integer<int>(1); }).value_or(0);
}

SourcePlace read_at(const Place& object) {
  const auto at = object.find("at");
  if (!at) return {};
  return {at->at("file").text(), number_or_zero(*at, "line"), number_or_zero(*at, "column"),
          text_or_empty(*at, "inside"), text_or_empty(*at, "source_line")};
}

std::vector<ConfigurationRemark> read_remarks(const Place& list) {
  std::vector<ConfigurationRemark> remarks;
  for (const Place& remark : list.items()) remarks.push_back({read_at(remark), remark.at("says").text()});
  return remarks;
}

CauseId read_cause_id(const Place& place) {
  const std::string found = place.text();
  for (const CauseId cause : all_causes()) {
    if (cause != CauseId::transport && name(cause) == found) return cause;
  }
  place.refuse(fmt::format("{} is no cause of a finding", backquoted(found)), "`wsprobe explain` lists them");
}

ConfigurationFinding read_finding(const Place& place) {
  ConfigurationFinding finding;
  finding.rule = place.at("rule").text();
  finding.title = place.at("title").text();
  finding.severity = read_word<FindingSeverity, FindingSeverity::note>(place.at("severity"));
  finding.cause = read_cause_id(place.at("cause"));
  finding.at = read_at(place);
  finding.says = place.at("says").text();
  finding.breaks = place.at("breaks").text();
  finding.only_if = text_or_empty(place, "only_if");
  finding.correction = text_or_empty(place, "correction");
  finding.snippet = text_or_empty(place, "snippet");
  finding.related = read_remarks(place.at("related"));
  finding.state = read_word<FindingState, FindingState::undecided>(place.at("state"));
  finding.evidence = text_or_empty(place, "evidence");
  return finding;
}

ConfigurationTrace read_trace(const Place& place) {
  ConfigurationTrace trace;
  trace.product = place.at("product").text();
  trace.site = text_or_empty(place, "site");
  trace.at = read_at(place);
  trace.steps = read_remarks(place.at("steps"));
  trace.ending = place.at("ending").text();
  trace.path = place.at("path").text();
  trace.upstreams = read_texts(place.at("upstreams"));
  return trace;
}

}  // namespace

Configuration read_configuration(const Place& place) {
  Configuration configuration;
  configuration.asked = place.at("asked").text();
  for (const Place& source : place.at("sources").items()) {
    configuration.sources.push_back(
        {source.at("name").text(), source.at("kind").text(), read_word<From, From::running>(source.at("from"))});
  }
  for (const Place& trace : place.at("traces").items()) configuration.traces.push_back(read_trace(trace));
  for (const Place& finding : place.at("findings").items()) configuration.findings.push_back(read_finding(finding));
  configuration.notes = read_texts(place.at("notes"));
  return configuration;
}

}  // namespace wsprobe::exporters
