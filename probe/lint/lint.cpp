#include "lint/lint.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "lint/bounds.hpp"
#include "lint/containers.hpp"
#include "lint/readers.hpp"

namespace wsprobe::lint {
namespace {

std::size_t index_of(std::span<const Source> sources, const std::string& file) {
  const auto found =
      std::find_if(sources.begin(), sources.end(), [&](const Source& source) { return source.name == file; });
  return static_cast<std::size_t>(found - sources.begin());
}

/// A site that no file has: not even the wrong one answers.
void check_that_a_site_was_found(std::span<const Source> sources, const Question& question, Result& result) {
  if (question.host.empty() || !result.traces.empty() || !result.problems.empty() || sources.empty()) return;
  Finding finding;
  finding.rule = Rule::no_route;
  finding.at = {sources.front().name, 0, 0};
  finding.says =
      fmt::format("no site of {} takes {}", sources.size() == 1 ? "this file" : "these files", question.host);
  finding.breaks = "the proxy's default answer instead of 101, if this is all of its configuration";
  finding.correction.text = fmt::format("give the proxy a site for {} that leads to the application", question.host);
  add(result, std::move(finding));
}

}  // namespace

Result lint(std::span<const Source> sources, const Question& question) {
  Result result;
  const std::vector<Container> containers = read_containers(sources, result.problems);
  const Deployment deployment{sources, containers};
  read_caddy(deployment, question, result);
  read_nginx(deployment, question, result);
  read_haproxy(deployment, question, result);
  read_apache(deployment, question, result);
  read_traefik(deployment, question, result);
  check_that_a_site_was_found(sources, question, result);
  if (result.findings.size() >= most_findings) {
    result.notes.push_back(fmt::format("there are {} findings or more: the others are not told", most_findings));
  }
  std::stable_sort(result.findings.begin(), result.findings.end(), [&](const Finding& left, const Finding& right) {
    return std::tuple(index_of(sources, left.at.file), left.at.line, left.at.column) <
           std::tuple(index_of(sources, right.at.file), right.at.line, right.at.column);
  });
  return result;
}

}  // namespace wsprobe::lint
