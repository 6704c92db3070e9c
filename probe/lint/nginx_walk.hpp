// Follows the request of a WebSocket through nginx's phases in one server: server rewrites, the location, its rewrites,
// limits, access, try_files, and what answers in the end.
#pragma once

#include "lint/nginx_site.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::nginx {

void follow(const Http& http, const Site& site, const Question& question, const Deployment& deployment, Result& result);

}  // namespace wsprobe::lint::nginx
