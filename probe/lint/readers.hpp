// One function a product. Each reads the sources that are its own, follows the request of the question through them and
// adds a trace for every site that it asked, the findings on the way, and a problem for a file that it cannot read.
// Sources of other kinds are not looked at.
#pragma once

#include <span>

#include "lint/containers.hpp"
#include "lint/question.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint {

/// What a reader gets: the whole deployment.
struct Deployment {
  std::span<const Source> sources;
  std::span<const Container> containers;
};

/// Caddy's JSON and Caddyfiles, and the labels of caddy-docker-proxy and Coolify.
void read_caddy(const Deployment& deployment, const Question& question, Result& result);
void read_nginx(const Deployment& deployment, const Question& question, Result& result);
void read_haproxy(const Deployment& deployment, const Question& question, Result& result);
void read_apache(const Deployment& deployment, const Question& question, Result& result);
/// Traefik's dynamic configuration as YAML, and the labels of its Docker provider.
void read_traefik(const Deployment& deployment, const Question& question, Result& result);

}  // namespace wsprobe::lint
