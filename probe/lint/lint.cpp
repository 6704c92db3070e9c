#include "lint/lint.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "lint/containers.hpp"
#include "lint/readers.hpp"

namespace wsprobe::lint {
namespace {

std::size_t index_of(std::span<const Source> sources, const std::string& file) {
  const auto found =
      std::find_if(sources.begin(), sources.end(), [&](const Source& source) { return source.name == file; });
  return static_cast<std::size_t>(found - sources.begin());
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
  std::stable_sort(result.findings.begin(), result.findings.end(), [&](const Finding& left, const Finding& right) {
    return std::tuple(index_of(sources, left.at.file), left.at.line, left.at.column) <
           std::tuple(index_of(sources, right.at.file), right.at.line, right.at.column);
  });
  return result;
}

}  // namespace wsprobe::lint
