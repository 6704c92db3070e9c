#include "exporters/json_lint.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/version.hpp"

namespace wsprobe::exporters {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json or_null(int number) { return number <= 0 ? Json(nullptr) : Json(number); }

Json place_json(const SourcePlace& at) {
  if (at.file.empty()) return nullptr;
  return {{"file", at.file},
          {"line", or_null(at.line)},
          {"column", or_null(at.column)},
          {"inside", or_null(at.inside)},
          {"source_line", or_null(at.source_line)}};
}

Json remarks_json(const std::vector<ConfigurationRemark>& remarks) {
  Json out = Json::array();
  for (const ConfigurationRemark& remark : remarks) {
    out.push_back({{"at", place_json(remark.at)}, {"says", remark.says}});
  }
  return out;
}

Json finding_json(const ConfigurationFinding& finding) {
  return {{"rule", finding.rule},
          {"title", finding.title},
          {"severity", name(finding.severity)},
          {"cause", name(finding.cause)},
          {"at", place_json(finding.at)},
          {"says", finding.says},
          {"breaks", finding.breaks},
          {"only_if", or_null(finding.only_if)},
          {"correction", or_null(finding.correction)},
          {"snippet", or_null(finding.snippet)},
          {"related", remarks_json(finding.related)},
          {"state", name(finding.state)},
          {"evidence", or_null(finding.evidence)}};
}

Json trace_json(const ConfigurationTrace& trace) {
  return {{"product", trace.product},
          {"site", or_null(trace.site)},
          {"at", place_json(trace.at)},
          {"ending", trace.ending},
          {"path", trace.path},
          {"upstreams", trace.upstreams},
          {"steps", remarks_json(trace.steps)}};
}

std::string dump(const Json& json) { return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n"; }

// ---- SARIF ----

/// A URL stays one; a path becomes a reference (RFC 3986) to it.
std::string reference_to(const std::string& file) {
  if (file.starts_with("http://") || file.starts_with("https://")) return file;
  if (file == "-") return "stdin";
  constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string out = file.starts_with('/') ? "file://" : "";
  for (const char c : file) {
    if (unreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Json location_json(const SourcePlace& at) {
  Json physical = {{"artifactLocation", {{"uri", reference_to(at.file)}}}};
  if (at.line > 0) {
    physical["region"] = {{"startLine", at.line}};
    if (at.column > 0) physical["region"]["startColumn"] = at.column;
    if (!at.source_line.empty()) physical["region"]["snippet"] = {{"text", at.source_line}};
  }
  Json location = {{"physicalLocation", std::move(physical)}};
  if (!at.inside.empty()) location["logicalLocations"] = Json::array({{{"fullyQualifiedName", at.inside}}});
  return location;
}

std::string message_of(const ConfigurationFinding& finding) {
  std::string text = fmt::format("{}. It breaks: {}.", finding.says, finding.breaks);
  if (!finding.only_if.empty()) text += fmt::format(" Only if {}.", finding.only_if);
  if (!finding.correction.empty()) text += fmt::format(" Instead: {}.", finding.correction);
  if (!finding.snippet.empty()) text += "\n\n" + finding.snippet;
  return text;
}

Json result_json(const ConfigurationFinding& finding, std::size_t rule_index) {
  Json result = {{"ruleId", finding.rule},
                 {"ruleIndex", rule_index},
                 {"level", name(finding.severity)},
                 {"message", {{"text", message_of(finding)}}},
                 {"locations", Json::array({location_json(finding.at)})}};
  if (finding.related.empty()) return result;
  Json related = Json::array();
  for (const ConfigurationRemark& remark : finding.related) {
    Json location = location_json(remark.at);
    location["message"] = {{"text", remark.says}};
    related.push_back(std::move(location));
  }
  result["relatedLocations"] = std::move(related);
  return result;
}

}  // namespace

Json configuration_json(const Configuration& configuration) {
  Json traces = Json::array();
  for (const ConfigurationTrace& trace : configuration.traces) traces.push_back(trace_json(trace));
  Json findings = Json::array();
  for (const ConfigurationFinding& finding : configuration.findings) findings.push_back(finding_json(finding));
  Json sources = Json::array();
  for (const ConfigurationSource& source : configuration.sources) {
    sources.push_back({{"name", source.name}, {"kind", source.kind}, {"from", name(source.from)}});
  }
  return {{"asked", configuration.asked},
          {"sources", std::move(sources)},
          {"traces", std::move(traces)},
          {"findings", std::move(findings)},
          {"notes", configuration.notes}};
}

std::string to_json(const Configuration& configuration) {
  Json out = {{"schema", "wsprobe.lint/1"}};
  out.update(configuration_json(configuration));
  return dump(out);
}

std::string to_sarif(const Configuration& configuration) {
  std::vector<std::string_view> ids;
  Json rules = Json::array();
  Json results = Json::array();
  for (const ConfigurationFinding& finding : configuration.findings) {
    const auto known = std::find(ids.begin(), ids.end(), finding.rule);
    const auto index = static_cast<std::size_t>(known - ids.begin());
    if (known == ids.end()) {
      ids.push_back(finding.rule);
      rules.push_back({{"id", finding.rule},
                       {"shortDescription", {{"text", finding.title}}},
                       {"properties", {{"cause", name(finding.cause)}}}});
    }
    results.push_back(result_json(finding, index));
  }
  const Json driver = {{"name", "wsprobe"}, {"version", version}, {"rules", std::move(rules)}};
  const Json run = {
      {"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", std::move(results)}};
  return dump({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
               {"version", "2.1.0"},
               {"runs", Json::array({run})}});
}

}  // namespace wsprobe::exporters
