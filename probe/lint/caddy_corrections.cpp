// What to write instead, as a Caddyfile: it is what people edit, whatever the proxy reads in the end.
#include <algorithm>

#include <fmt/format.h>

#include "lint/caddy_walk.hpp"

namespace wsprobe::lint::caddy {
namespace {

std::string upstream_of(const CorrectionContext& context) {
  constexpr std::string_view unnamed = "{container}";
  if (context.upstream.starts_with(unnamed)) return "backend" + context.upstream.substr(unnamed.size());
  return context.upstream.empty() || context.upstream.find('{') != std::string::npos ? "backend:8000"
                                                                                     : context.upstream;
}

/// "/api/*" for /api/ws: what belongs to the application beside the WebSocket.
std::string family_of(const std::string& path) {
  const std::size_t slash = path.find('/', 1);
  return slash == std::string::npos ? path : path.substr(0, slash) + "/*";
}

/// The name alone: what stands in a file of its own.
std::string site_of(const CorrectionContext& context) {
  std::string site = context.site.empty() ? "app.example.com" : context.site;
  if (const std::size_t scheme = site.find("://"); scheme != std::string::npos && site.starts_with("https")) {
    site.erase(0, scheme + 3);
  }
  return site.find_first_of(" ,{") == std::string::npos ? site : "app.example.com";
}

/// The site as it has to be, alone in its file.
std::string whole_site(const CorrectionContext& context) {
  return fmt::format("{} {{\n\tencode zstd gzip\n\theader -Server\n\treverse_proxy {}\n}}\n", site_of(context),
                     upstream_of(context));
}

std::string handled_first(const CorrectionContext& context) {
  return fmt::format("handle {} {{\n\treverse_proxy {}\n}}\n", family_of(context.path), upstream_of(context));
}

Correction instead_of_labels(const CorrectionContext& context) {
  return {fmt::format(
              "take `{}` out of the container's labels (Coolify writes them: edit the resource's container labels), or "
              "define the site in a file of the proxy's dynamic configuration and take all of its labels away",
              context.text),
          whole_site(context)};
}

Correction of_path(const CorrectionContext& context) {
  if (context.origin == Origin::labels) return instead_of_labels(context);
  std::string rest = "\t" + context.text + "\n";
  if (!context.with.empty() && context.with != context.text) rest += "\t" + context.with + "\n";
  if (context.origin == Origin::json) rest = "\t# the rest of the site\n";
  return {
      fmt::format(
          "in the site block, give the application's paths a handle of their own and let `{}` stand in the other one",
          context.text),
      fmt::format("handle {} {{\n\treverse_proxy {}\n}}\nhandle {{\n{}}}\n", family_of(context.path),
                  upstream_of(context), rest)};
}

}  // namespace

Correction correction(Rule rule, const CorrectionContext& context) {
  switch (rule) {
    case Rule::rewrite_before_proxy:
    case Rule::static_fallback: return of_path(context);
    case Rule::prefix_stripped:
      if (context.origin == Origin::labels) return instead_of_labels(context);
      return {"use handle, which leaves the path as it is, in place of handle_path or uri strip_prefix",
              handled_first(context)};
    case Rule::upgrade_not_forwarded:
      return {"remove the line: Caddy passes Upgrade and Connection on by itself, over HTTP", handled_first(context)};
    case Rule::h2_upstream:
      return {"ask the application in HTTP/1.1, which Caddy does unless it is told otherwise", handled_first(context)};
    case Rule::http10_upstream: return {"ask the application in HTTP/1.1", handled_first(context)};
    case Rule::request_denied:
    case Rule::request_aborted:
      return {fmt::format("leave the WebSocket's path out of the matcher of `{}`", context.text),
              handled_first(context)};
    case Rule::address_list:
      return {"let the WebSocket's path pass, or put the addresses of its clients on the list", handled_first(context)};
    case Rule::auth_in_front:
      return {
          fmt::format("exempt the WebSocket's path from `{}`: the application checks the token itself", context.text),
          fmt::format("@protected not path {}\n# {} @protected ...\n", context.path,
                      context.text.substr(0, context.text.find(' ')))};
    case Rule::redirected:
      return {fmt::format("leave the WebSocket's path out of `{}`", context.text), handled_first(context)};
    case Rule::idle_timeout:
      return {"remove the timeout, or make it longer than the pings are apart",
              fmt::format("reverse_proxy {} {{\n\ttransport http {{\n\t\tread_timeout 1h\n\t}}\n}}\n",
                          upstream_of(context))};
    case Rule::upstream_unresolvable:
      return {"name the application as the proxy's own network knows it", handled_first(context)};
    case Rule::no_route: return {"in the site block", handled_first(context)};
    case Rule::ambiguous_site: return {"keep one definition of the site", whole_site(context)};
    case Rule::upstream_disabled:
    case Rule::rate_limit:
    case Rule::response_held: break;
  }
  return {};
}

}  // namespace wsprobe::lint::caddy
