// Which servers of nginx are asked.
#include <iterator>
#include <utility>

#include "lint/nginx_site.hpp"
#include "lint/nginx_text.hpp"
#include "lint/nginx_walk.hpp"
#include "lint/readers.hpp"

namespace wsprobe::lint {

void read_nginx(const Deployment& deployment, const Question& question, Result& result) {
  std::vector<nginx::File> files;
  for (const Source& source : deployment.sources) {
    if (source.kind != SourceKind::nginx) continue;
    auto parsed = nginx::parse(source);
    if (!parsed) {
      result.problems.push_back(std::move(parsed.error()));
      continue;
    }
    std::move(parsed->begin(), parsed->end(), std::back_inserter(files));
  }
  if (files.empty()) return;
  const nginx::Http http = nginx::assemble(std::move(files), result);
  if (question.host.empty()) {
    for (const nginx::Server& server : http.servers) {
      const nginx::Site site{&server, server.listens.front(), false, {}};
      if (nginx::holds_any(*server.directive, {"proxy_pass", "grpc_pass"})) {
        nginx::follow(http, site, question, deployment, result);
      }
    }
    return;
  }
  for (const nginx::Site& site : nginx::sites_for(http, question)) {
    // The default of a part of the configuration need not be that of the whole.
    if (site.by_default && !http.is_whole && !site.listen.is_default) continue;
    nginx::follow(http, site, question, deployment, result);
  }
}

}  // namespace wsprobe::lint
