// Follows the request of a WebSocket through Apache's phases in one virtual host: server rewrites, ProxyPass,
// redirects, access, the rewrites of sections, and what answers in the end.
#pragma once

#include "lint/apache_site.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::apache {

void follow(const Configuration& configuration, const Site& site, const Question& question,
            const Deployment& deployment, Result& result);

}  // namespace wsprobe::lint::apache
