// Which virtual hosts of Apache are asked.
#include <utility>
#include <vector>

#include "lint/apache_site.hpp"
#include "lint/apache_text.hpp"
#include "lint/apache_walk.hpp"
#include "lint/readers.hpp"

namespace wsprobe::lint {

void read_apache(const Deployment& deployment, const Question& question, Result& result) {
  std::vector<std::pair<std::string, std::vector<apache::Directive>>> files;
  for (const Source& source : deployment.sources) {
    if (source.kind != SourceKind::apache) continue;
    auto parsed = apache::parse(source);
    if (!parsed) {
      result.problems.push_back(std::move(parsed.error()));
      continue;
    }
    files.emplace_back(source.name, std::move(*parsed));
  }
  if (files.empty()) return;
  const apache::Configuration configuration = apache::assemble(std::move(files), result);
  for (const apache::Site& site : apache::sites_for(configuration, question)) {
    apache::follow(configuration, site, question, deployment, result);
  }
}

}  // namespace wsprobe::lint
