#include "attribution/products.hpp"

#include <algorithm>
#include <array>

namespace wsprobe::attribution {
namespace {

constexpr std::array products{
    Product{"aiohttp", "aiohttp", Role::application},
    Product{"engine-io", "Engine.IO", Role::application},
    Product{"express", "Express", Role::application},
    Product{"node-ws", "Node's ws", Role::application},
    Product{"starlette", "Starlette", Role::application},
    Product{"tornado", "Tornado", Role::application},
    Product{"websockets", "Python's websockets", Role::application},
    Product{"wsproto", "wsproto", Role::application},
    Product{"apache", "Apache httpd", Role::proxy},
    Product{"aws-alb", "AWS Application Load Balancer", Role::proxy},
    Product{"azure", "Azure Application Gateway", Role::proxy},
    Product{"caddy", "Caddy", Role::proxy},
    Product{"envoy", "Envoy", Role::proxy},
    Product{"fly", "Fly.io", Role::proxy},
    Product{"go", "Go's HTTP server", Role::proxy},
    Product{"google-lb", "Google Cloud Load Balancing", Role::proxy},
    Product{"haproxy", "HAProxy", Role::proxy},
    Product{"heroku", "Heroku", Role::proxy},
    Product{"ingress-nginx", "ingress-nginx", Role::proxy},
    Product{"kong", "Kong", Role::proxy},
    Product{"lighttpd", "lighttpd", Role::proxy},
    Product{"nginx", "nginx", Role::proxy},
    Product{"squid", "Squid", Role::proxy},
    Product{"traefik", "Traefik", Role::proxy},
    Product{"varnish", "Varnish", Role::proxy},
    Product{"akamai", "Akamai", Role::cdn},
    Product{"azure-front-door", "Azure Front Door", Role::cdn},
    Product{"cloudflare", "Cloudflare", Role::cdn},
    Product{"cloudfront", "Amazon CloudFront", Role::cdn},
    Product{"fastly", "Fastly", Role::cdn},
};

}  // namespace

std::span<const Product> all_products() { return products; }

const Product* product(std::string_view id) {
  const auto* found =
      std::find_if(products.begin(), products.end(), [&](const Product& candidate) { return candidate.id == id; });
  return found != products.end() ? found : nullptr;
}

}  // namespace wsprobe::attribution
