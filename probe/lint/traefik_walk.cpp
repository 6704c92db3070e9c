#include "lint/traefik_walk.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/regex.hpp"

namespace wsprobe::lint::traefik {
namespace {

// A page that reconnects after a deployment, in two tabs, with a retry each.
constexpr double enough_a_minute = 10;
constexpr double enough_connections = 3;
constexpr int maximum_depth = 8;  // of chains, and of services that consist of services

std::optional<double> number_of(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty() || unit == "s") return number;
  if (unit == "m") return number * 60.0;
  if (unit == "h") return number * 3600.0;
  return std::nullopt;
}

std::string service_name(const Object& service) { return service.name.empty() ? "the container" : service.name; }

class Follower {
 public:
  Follower(const Model& model, const Object& router, Walk& walk)
      : model_(model), router_(router), walk_(walk), path_(walk.question().path) {}

  void run() {
    if (const Value* list = router_.find("middlewares")) {
      for (const std::string& reference : list->list()) {
        if (middleware(reference, router_, list->at, 0) == Flow::ended) return;
      }
    }
    serve();
  }

 private:
  // ---- middlewares ----

  Flow middleware(const std::string& reference, const Object& from, const Place& at, int depth) {
    const Object* one = referred_to(model_.middlewares, reference, from);
    if (one == nullptr || depth > maximum_depth) {
      walk_.doubt(
          at, fmt::format("the middleware {} is not in these files: what it does, they do not tell", shown(reference)));
      return Flow::passed;
    }
    if (const Value* chain = one->find("chain.middlewares")) {
      for (const std::string& each : chain->list()) {
        if (middleware(each, *one, chain->at, depth + 1) == Flow::ended) return Flow::ended;
      }
      return Flow::passed;
    }
    change_path(*one);
    change_headers(*one);
    if (redirect(*one) == Flow::ended) return Flow::ended;
    check_addresses(*one);
    check_credentials(*one);
    check_limits(*one);
    if (const Value* plugin = one->below("plugin")) {
      walk_.doubt(plugin->at, fmt::format("`{}` is a plugin: what it does, the text does not tell", one->title()));
    }
    return Flow::passed;
  }

  void becomes(const Value& by, const Object& middleware, std::optional<std::string> to) {
    if (!to) {
      walk_.doubt(by.at, fmt::format("`{}` may change the path: how, the text does not tell", middleware.title()));
      return;
    }
    if (to->empty() || to->front() != '/') to->insert(0, "/");
    if (*to == path_) return;
    walk_.step(by.at, fmt::format("{} becomes {} by the middleware {}", path_, shown(*to), middleware.title()));
    path_ = std::move(*to);
    changed_at_ = by.at;
    changed_by_ = middleware.title();
  }

  void change_path(const Object& one) {
    if (const Value* prefixes = one.find("stripprefix.prefixes")) {
      for (const std::string& prefix : prefixes->list()) {
        if (!path_.starts_with(prefix)) continue;
        becomes(*prefixes, one, path_.substr(prefix.size()));
        break;
      }
    }
    if (const Value* patterns = one.find("stripprefixregex.regex")) {
      for (const std::string& pattern : patterns->list()) {
        const RegexMatch match = regex_search(pattern, path_);
        if (match.matches == Tells::no || (match.matches == Tells::yes && match.begin != 0)) continue;
        becomes(*patterns, one, match.matches == Tells::yes ? std::optional(path_.substr(match.end)) : std::nullopt);
        break;
      }
    }
    if (const Value* prefix = one.find("addprefix.prefix")) becomes(*prefix, one, prefix->text + path_);
    if (const Value* path = one.find("replacepath.path")) becomes(*path, one, path->text);
    if (const Value* pattern = one.find("replacepathregex.regex")) {
      const RegexMatch match = regex_search(pattern->text, path_);
      if (match.matches == Tells::unknown) becomes(*pattern, one, std::nullopt);
      if (match.matches == Tells::yes) {
        becomes(*pattern, one,
                path_.substr(0, match.begin) + with_groups(one.text("replacepathregex.replacement"), '$', match) +
                    path_.substr(match.end));
      }
    }
  }

  /// An empty value takes the header away.
  void change_headers(const Object& one) {
    for (const std::string_view name : {"upgrade", "connection"}) {
      const Value* value = one.find(fmt::format("headers.customrequestheaders.{}", name));
      if (value == nullptr || contains_ignoring_case(value->text, name == "upgrade" ? "websocket" : "upgrade"))
        continue;
      walk_.step(value->at, fmt::format("{} is replaced by the middleware {}", name, one.title()));
      walk_.find({Rule::upgrade_not_forwarded,
                  Severity::error,
                  value->at,
                  fmt::format("the middleware {} sends something else than the {} that came in", one.title(),
                              name == "upgrade" ? "Upgrade" : "Connection"),
                  breaks_without_upgrade(Rule::upgrade_not_forwarded),
                  {},
                  correction(),
                  {}});
    }
  }

  Flow redirect(const Object& one) {
    const Question& question = walk_.question();
    const Value* by = nullptr;
    std::string to;
    if (const Value* scheme = one.find("redirectscheme.scheme")) {
      if (same_ignoring_case(scheme->text, question.tls ? "https" : "http")) return Flow::passed;
      by = scheme;
      to = scheme->text + "://";
    } else if (const Value* pattern = one.find("redirectregex.regex")) {
      const std::string url = fmt::format("http{}://{}{}", question.tls ? "s" : "", question.host, question.path);
      const RegexMatch match = regex_search(pattern->text, url);
      if (match.matches == Tells::no) return Flow::passed;
      if (match.matches == Tells::unknown || question.host.empty()) {
        walk_.doubt(pattern->at, fmt::format("`{}` may redirect: its expression cannot be followed", one.title()));
        return Flow::passed;
      }
      by = pattern;
      to = url.substr(0, match.begin) + with_groups(one.text("redirectregex.replacement"), '$', match) +
           url.substr(match.end);
      if (to == url) return Flow::passed;
    } else {
      return Flow::passed;
    }
    walk_.step(by->at, fmt::format("redirected to {} by the middleware {}", shown(to), one.title()));
    walk_.end(Ending::answered, path_);
    walk_.find({Rule::redirected,
                Severity::error,
                by->at,
                fmt::format("the middleware {} answers with a redirect to {}", one.title(), shown(to)),
                "WebSocket clients do not follow redirects: the connection fails",
                {},
                correction(),
                {}});
    return Flow::ended;
  }

  void check_addresses(const Object& one) {
    for (const std::string_view kind : {"ipallowlist", "ipwhitelist"}) {
      const Value* ranges = one.find(fmt::format("{}.sourcerange", kind));
      if (ranges == nullptr) continue;
      const std::vector<std::string> list = ranges->list();
      if (std::find(list.begin(), list.end(), "0.0.0.0/0") != list.end()) continue;
      walk_.perhaps(negated(address_is_in(shown(fmt::format("{}", fmt::join(list, ", "))))), [&] {
        walk_.step(ranges->at, fmt::format("refused with 403 by the middleware {}", one.title()));
        walk_.find({Rule::address_list,
                    Severity::warning,
                    ranges->at,
                    fmt::format("the middleware {} refuses {}", one.title(), walk_.question().path),
                    "the proxy itself answers 403",
                    {},
                    correction(),
                    {}});
        return Flow::ended;
      });
    }
  }

  void check_credentials(const Object& one) {
    for (const std::string_view kind : {"basicauth", "digestauth", "forwardauth"}) {
      const Value* auth = one.below(kind);
      if (auth == nullptr) continue;
      const bool asks_elsewhere = kind == "forwardauth";
      walk_.step(auth->at, fmt::format("the middleware {} {}", one.title(),
                                       asks_elsewhere ? "decides first" : "asks for credentials"));
      walk_.find(
          {Rule::auth_in_front,
           Severity::error,
           auth->at,
           asks_elsewhere
               ? fmt::format("the middleware {} decides before the application is reached", one.title())
               : fmt::format("the middleware {} asks for credentials of its own before the application is reached",
                             one.title()),
           asks_elsewhere ? "clients whose token only the application knows are refused with 401 or 403"
                          : "401 for every client that does not send them; a page's script cannot add them to a "
                            "WebSocket",
           asks_elsewhere ? fmt::format("{} does not approve of the request", one.text("forwardauth.address")) : "",
           correction(),
           {}});
    }
  }

  void check_limits(const Object& one) {
    if (const Value* average = one.find("ratelimit.average")) {
      const auto rate = number_of(average->text);
      const std::string period = one.text("ratelimit.period");
      const auto seconds = period.empty() ? std::optional(1.0) : number_of(period);
      const double burst = number_of(one.text("ratelimit.burst")).value_or(1);
      walk_.step(average->at, fmt::format("requests are limited by the middleware {}", one.title()));
      if (rate && seconds && *rate > 0 && *seconds > 0 && *rate * 60 / *seconds + burst < enough_a_minute) {
        limited(*average,
                fmt::format("the middleware {} lets {:g} requests a minute pass", one.title(), *rate * 60 / *seconds));
      }
    }
    if (const Value* amount = one.find("inflightreq.amount")) {
      const auto most = number_of(amount->text);
      walk_.step(amount->at, fmt::format("connections are limited by the middleware {}", one.title()));
      if (most && *most < enough_connections) {
        limited(*amount,
                fmt::format("the middleware {} counts every open WebSocket for as long as it is open", one.title()));
      }
    }
  }

  void limited(const Value& by, std::string says) {
    walk_.find({Rule::rate_limit,
                Severity::warning,
                by.at,
                std::move(says),
                "clients that reconnect, or a further tab, are refused with 429",
                {},
                correction(),
                {}});
  }

  // ---- the service ----

  void serve() {
    const std::string name = router_.text("service");
    if (name.ends_with("@internal")) {
      answer_by_itself(name);
      return;
    }
    const Object* service = service_of(model_, router_);
    if (service == nullptr) {
      walk_.doubt(router_.at, fmt::format("the service of {} is not in these files", router_.title()));
      walk_.end(Ending::undetermined, path_);
      return;
    }
    walk_.step(service->at, fmt::format("sent to {} as {}", service_name(*service), path_));
    reach(*service, 0);
    walk_.end(Ending::forwarded, path_);
    walk_.judge_path(changed_at_, fmt::format("middleware {}", changed_by_), path_, correction(),
                     {{router_.at, "this router takes the request"}});
  }

  /// Traefik's own API and dashboard live under /api and /dashboard.
  void answer_by_itself(const std::string& name) {
    walk_.step(router_.at, fmt::format("answered by Traefik itself ({})", shown(name)));
    walk_.end(Ending::answered, path_);
    const Value* rule = router_.find("rule");
    walk_.find(
        {Rule::no_route,
         Severity::error,
         rule == nullptr ? router_.at : rule->at,
         fmt::format("the router {} takes {} for {}: Traefik answers itself", router_.title(), path_, shown(name)),
         "404 instead of 101, from the proxy itself",
         {},
         {"give Traefik's own pages a host name of their own, so that they take none of the application's paths", ""},
         {}});
  }

  void reach(const Object& service, int depth) {
    for (const std::string_view kind : {"weighted.services", "failover", "mirroring"}) {
      if (service.below(kind) == nullptr) continue;
      for (const auto& [path, value] : service.options) {
        const bool names_one = path.starts_with(kind) && (path.ends_with(".name") || path.ends_with(".service"));
        const Object* inner = names_one ? referred_to(model_.services, value.text, service) : nullptr;
        if (inner != nullptr && depth < maximum_depth) reach(*inner, depth + 1);
      }
      return;
    }
    if (service.container != nullptr && service.below("loadbalancer.servers") == nullptr) {
      reach_container(service);
      return;
    }
    bool has_server = false;
    for (const auto& [path, value] : service.options) {
      if (!path.starts_with("loadbalancer.servers.") || !path.ends_with(".url")) continue;
      has_server = true;
      walk_.forwarded_to(value.text);
      judge_protocol(value.at, value.text.substr(0, value.text.find(':')));
      walk_.judge_name(value.at, "url: " + shown(value.text), host_of(value.text),
                       {"name the application as Traefik's own network knows it", ""});
    }
    if (has_server) return;
    walk_.find({Rule::upstream_disabled,
                Severity::error,
                service.at,
                fmt::format("the service {} has no server", service.title()),
                "503 from the proxy itself: there is no application to forward to",
                {},
                {"name a server of the application", "        servers:\n          - url: http://app:8000\n"},
                {}});
  }

  void reach_container(const Object& service) {
    const std::string port = service.text("loadbalancer.server.port");
    const std::string name = service.container->name.empty() ? "the container" : service.container->name;
    walk_.forwarded_to(port.empty() ? name : fmt::format("{}:{}", name, port));
    if (const Value* scheme = service.find("loadbalancer.server.scheme")) judge_protocol(scheme->at, scheme->text);
  }

  /// Go's HTTP/2 transport refuses a request with Upgrade; https is asked in HTTP/1.1 for a WebSocket.
  void judge_protocol(const Place& at, const std::string& scheme) {
    if (!same_ignoring_case(scheme, "h2c")) return;
    walk_.find({Rule::h2_upstream,
                Severity::error,
                at,
                "h2c asks the application in HTTP/2, which has no Upgrade",
                "500 or 502 instead of 101, from the proxy itself",
                {},
                {"ask the application in HTTP/1.1, at least for the WebSocket",
                 router_.provider == "docker" ? "traefik.http.services.NAME.loadbalancer.server.scheme=http\n"
                                              : "          - url: http://app:8000\n"},
                {}});
  }

  [[nodiscard]] Correction correction() const { return own_router(model_, router_, walk_.question()); }

  const Model& model_;
  const Object& router_;
  Walk& walk_;
  std::string path_;
  Place changed_at_;
  std::string changed_by_;
};

}  // namespace

void follow(const Model& model, const Object& router, Walk& walk) { Follower(model, router, walk).run(); }

const Object* service_of(const Model& model, const Object& router) {
  if (const std::string name = router.text("service"); !name.empty()) return referred_to(model.services, name, router);
  const Object* only = nullptr;
  for (const Object& service : model.services) {
    if (router.container == nullptr || service.container != router.container) continue;
    if (only != nullptr) return nullptr;
    only = &service;
  }
  return only;
}

Correction own_router(const Model& model, const Object& router, const Question& question) {
  const std::string host = question.host.empty() ? "app.example.com" : question.host;
  const std::string rule = fmt::format("Host(`{}`) && Path(`{}`)", host, question.path);
  const Object* service = service_of(model, router);
  const std::string name = service == nullptr ? "NAME" : service->name;
  const std::string& priority = router.text("priority");
  const double above = number_of(priority).value_or(0) + 1;
  Correction correction;
  correction.text = "give the WebSocket a router of its own without this middleware; the longer rule comes first";
  if (router.provider == "docker") {
    const std::string label = fmt::format("traefik.http.routers.{}-websocket", router.name);
    correction.snippet = fmt::format("{0}.rule={1}\n{0}.service={2}\n", label, rule, name);
    if (question.tls) correction.snippet += label + ".tls=true\n";
    if (!priority.empty()) correction.snippet += fmt::format("{}.priority={:g}\n", label, above);
    return correction;
  }
  correction.snippet =
      fmt::format("    {}-websocket:\n      rule: \"{}\"\n      service: {}\n", router.name, rule, name);
  if (question.tls) correction.snippet += "      tls: {}\n";
  if (!priority.empty()) correction.snippet += fmt::format("      priority: {:g}\n", above);
  return correction;
}

}  // namespace wsprobe::lint::traefik
