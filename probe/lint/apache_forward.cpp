#include "lint/apache_forward.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace wsprobe::lint::apache {
namespace {

/// "upgrade=websocket" among the words of a directive; none where the parameter is not there.
std::optional<std::string> parameter(const Directive& directive, std::string_view name) {
  for (const std::string& word : directive.words) {
    if (word.size() > name.size() && word[name.size()] == '=' &&
        same_ignoring_case(word.substr(0, name.size()), name)) {
      return word.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

bool upgrades(const Directive& worker) {
  const auto value = parameter(worker, "upgrade");
  return value && (same_ignoring_case(*value, "websocket") || same_ignoring_case(*value, "any"));
}

bool is_out_of_service(const Directive& member) {
  const auto status = parameter(member, "status");
  return status && status->find_first_of("DdSs") != std::string::npos && status->find('-') == std::string::npos;
}

/// Where a directive names its worker.
const std::string& url_of(const Directive& worker) {
  const bool in_section = worker.words.size() == 1 || worker.word(0).find("://") != std::string::npos;
  return worker.word(in_section ? 0 : 1);
}

class Forwarder {
 public:
  Forwarder(const Forwarding& with, Walk& walk) : with_(with), walk_(walk), target_(target_of(with.url)) {}

  void run() {
    walk_.step(with_.by.at, fmt::format("sent to {}://{} as {} by `{}`", target_.scheme, shown(target_.authority),
                                        target_.path.empty() ? "/" : shown(target_.path), text_of(with_.by)));
    walk_.end(Ending::forwarded, target_.path);
    if (target_.scheme == "balancer") {
      judge_balancer();
    } else {
      walk_.forwarded_to(target_.scheme + "://" + target_.authority);
      judge_address(with_.by, target_.authority);
      judge_protocol(with_.by, target_.scheme, asks_for_upgrade());
    }
    if (has_address_) judge_path();
    judge_headers();
    judge_time();
  }

 private:
  // ---- where to ----

  void judge_address(const Directive& by, const std::string& authority) {
    if (authority.find('%') != std::string::npos || authority.find('$') != std::string::npos) return;
    const std::size_t colon = authority.rfind(':');
    const bool is_number = colon == std::string::npos || authority.ends_with(']') ||
                           authority.find_first_not_of("0123456789", colon + 1) == std::string::npos;
    if (!is_number) {
      has_address_ = false;
      walk_.find({Rule::upstream_unresolvable,
                  Severity::error,
                  by.at,
                  fmt::format("`{}` runs address and path together: {}", text_of(by), shown(authority)),
                  "500 (Proxy Error) from the proxy itself",
                  {},
                  {"end the URL with a slash where the path in front of it ends with one",
                   fmt::format("{} {} {}/\n", by.name, by.word(0), by.word(1))},
                  {}});
      return;
    }
    walk_.judge_name(by.at, text_of(by), host_of(authority),
                     {"name the application as Apache's own network knows it", ""});
  }

  void judge_balancer() {
    const std::string name = "balancer://" + target_.authority;
    const Directive* last = nullptr;
    bool in_service = false;
    const auto member = [&](const Directive& each, std::size_t url_at) {
      last = &each;
      if (is_out_of_service(each)) return;
      in_service = true;
      const Target to = target_of(each.word(url_at));
      walk_.forwarded_to(each.word(url_at));
      judge_address(each, to.authority);
      judge_protocol(each, to.scheme, upgrades(each));
    };
    bool is_there = false;
    for (const Directive* each : with_.in_force) {
      if (each->is("BalancerMember") && each->word(0) == name) member(*each, 1);
      if (!each->is("Proxy") || !each->word(0).starts_with(name)) continue;
      is_there = true;
      for (const Directive& inner : each->block) {
        if (inner.is("BalancerMember")) member(inner, 0);
      }
    }
    if (last == nullptr) {
      walk_.doubt(with_.by.at, fmt::format("the members of {} are {}", name,
                                           is_there ? "none, as far as these files go" : "not in these files"));
    } else if (!in_service) {
      walk_.find({Rule::upstream_disabled,
                  Severity::error,
                  last->at,
                  fmt::format("every member of {} is disabled or stopped", name),
                  "503 from the proxy itself: there is no application to forward to",
                  {},
                  {"take `status=` away from a member that works", fmt::format("BalancerMember {}\n", url_of(*last))},
                  {}});
    }
  }

  // ---- the upgrade ----

  /// Parameters belong to the worker, which every directive with the same URL shares.
  bool asks_for_upgrade() const {
    if (upgrades(with_.by)) return true;
    const auto shares = [&](const Directive& each) {
      return (each.is("ProxyPass") || each.is("ProxyPassMatch")) && upgrades(each) &&
             with_.url.starts_with(url_of(each));
    };
    const auto sets = [&](const Directive& section) {
      return section.is("Proxy") && with_.url.starts_with(section.word(0)) &&
             std::any_of(section.block.begin(), section.block.end(),
                         [](const Directive& inner) { return inner.is("ProxySet") && upgrades(inner); });
    };
    return std::any_of(with_.in_force.begin(), with_.in_force.end(), [&](const Directive* each) {
      const bool sets_alone = each->is("ProxySet") && with_.url.starts_with(each->word(0)) && upgrades(*each);
      return shares(*each) || sets_alone || sets(*each) || std::any_of(each->block.begin(), each->block.end(), shares);
    });
  }

  void judge_protocol(const Directive& by, const std::string& scheme, bool asks) {
    if (scheme == "ws" || scheme == "wss") return;
    if (scheme == "h2" || scheme == "h2c") {
      found(Rule::h2_upstream, by,
            fmt::format("`{}` asks the application in HTTP/2, which has no Upgrade", text_of(by)));
    } else if (scheme != "http" && scheme != "https") {
      found(Rule::upgrade_not_forwarded, by,
            fmt::format("`{}` forwards in a protocol that has no Upgrade", text_of(by)));
    } else if (!asks) {
      found(Rule::upgrade_not_forwarded, by,
            fmt::format("`{}` forwards without `upgrade=websocket`: Apache does not pass the upgrade on", text_of(by)));
    } else {
      judge_version();
    }
  }

  void judge_version() {
    for (const Directive* each : with_.in_force) {
      if (!each->is("SetEnv") || each->word(0) != "force-proxy-request-1.0") continue;
      walk_.find({Rule::http10_upstream,
                  Severity::error,
                  each->at,
                  fmt::format("`{}` asks the application in HTTP/1.0", text_of(*each)),
                  "the application sees HTTP/1.0, which has no Upgrade, and answers with an error instead of 101",
                  {},
                  correction(),
                  {{with_.by.at, "the request is forwarded here"}}});
    }
  }

  /// Apache writes Connection anew; of what it passes on, the handshake needs the rest.
  void judge_headers() {
    for (const Directive* each : with_.in_force) {
      if (!each->is("RequestHeader")) continue;
      const std::string action = lower_case(each->word(0));
      const std::string header = lower_case(each->word(1));
      if (header != "upgrade" && header != "sec-websocket-key" && header != "sec-websocket-version") continue;
      if (action != "unset" && action != "set") continue;
      if (action == "set" && (each->word(2) == "13" || same_ignoring_case(each->word(2), "websocket"))) continue;
      const auto condition = std::find_if(each->words.begin(), each->words.end(), [](const std::string& word) {
        return word.starts_with("env=") || word.starts_with("expr=");
      });
      const bool is_open = condition != each->words.end() || each->word(2).find('%') != std::string::npos;
      if (is_open) {
        walk_.doubt(each->at,
                    fmt::format("whether `{}` leaves the handshake whole, the text does not tell", text_of(*each)));
        continue;
      }
      found(Rule::upgrade_not_forwarded, *each, fmt::format("`{}` takes away what a handshake needs", text_of(*each)));
    }
  }

  void found(Rule rule, const Directive& by, std::string says) {
    walk_.find({rule, Severity::error, by.at, std::move(says), breaks_without_upgrade(rule), {}, correction(), {}});
  }

  [[nodiscard]] Correction correction() const { return own_proxy_pass(walk_, with_.url); }

  // ---- path and time ----

  void judge_path() {
    const Directive& by = with_.changed_by == nullptr ? with_.by : *with_.changed_by;
    std::vector<RelatedPlace> related;
    if (with_.changed_by != nullptr) related.push_back({with_.by.at, "the request is forwarded here"});
    if (target_.path.find('%') != std::string::npos) return walk_.doubt();
    walk_.judge_path(by.at, text_of(by), target_.path.empty() ? "/" : target_.path, correction(), std::move(related));
  }

  /// A tunnel is open for the longer of both sides' timeouts (measured, 2.4): `Timeout` on the client's, and on the
  /// application's `timeout=`, else ProxyTimeout, else `Timeout` again.
  void judge_time() {
    const Directive* timeout = nullptr;
    const Directive* proxy_timeout = nullptr;
    for (const Directive* each : with_.in_force) {
      if (each->is("Timeout")) timeout = each;
      if (each->is("ProxyTimeout")) proxy_timeout = each;
    }
    if (timeout == nullptr) return;  // 60 s
    const auto of_worker = parameter(with_.by, "timeout");
    const std::string other = of_worker                  ? *of_worker
                              : proxy_timeout != nullptr ? proxy_timeout->word(0)
                                                         : timeout->word(0);
    const int longer = std::max(seconds_of(timeout->word(0)), seconds_of(other));
    walk_.judge_idle(timeout->at, text_of(*timeout), std::chrono::seconds(longer),
                     {"let silent connections live longer than the interval of the pings", "Timeout 300\n"});
  }

  /// 0 where it is none.
  static int seconds_of(const std::string& text) {
    int seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds;
  }

  const Forwarding& with_;
  Walk& walk_;
  Target target_;
  bool has_address_ = true;  // and not one that a piece of the path has run into
};

}  // namespace

Target target_of(std::string_view url) {
  if (url.starts_with("unix:")) {  // unix:/run/app.sock|http://localhost/
    const std::size_t bar = url.find('|');
    if (bar != std::string_view::npos) url.remove_prefix(bar + 1);
  }
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return {"", "", std::string(url)};
  const std::string_view rest = url.substr(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  return {lower_case(url.substr(0, colon)), std::string(rest.substr(0, slash)), std::string(rest.substr(slash))};
}

void forward(const Forwarding& with, Walk& walk) { Forwarder(with, walk).run(); }

Correction own_proxy_pass(const Walk& walk, std::string_view url) {
  const Target target = target_of(url);
  const std::string& path = walk.question().path;
  const bool is_tls = target.scheme == "https" || target.scheme == "wss";
  const bool is_known = !target.authority.empty() && target.scheme != "balancer";
  return {"give the WebSocket's path a ProxyPass of its own before the others (upgrade= needs Apache 2.4.47)",
          fmt::format("ProxyPass \"{0}\" \"{1}://{2}{3}\" upgrade=websocket\n", path, is_tls ? "https" : "http",
                      is_known ? target.authority : "app:8000", wanted_path(walk.question()))};
}

}  // namespace wsprobe::lint::apache
