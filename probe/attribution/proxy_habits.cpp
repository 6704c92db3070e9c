#include "attribution/proxy_habits.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/products.hpp"
#include "attribution/rules.hpp"
#include "core/ascii.hpp"

namespace wsprobe::attribution {
namespace {

bool is_lower(std::string_view name) { return lower_case(name) == name; }

bool sorted_and_canonical(const ResponseHead& head) {
  std::vector<std::string> names;
  for (const HeaderField& field : head.fields) {
    if (is_lower(field.name)) return false;
    names.push_back(field.name);
  }
  return names.size() >= 3 && std::is_sorted(names.begin(), names.end());
}

/// Fields sorted up to a tail of Date, Content-Length or Transfer-Encoding that is out of its place: nobody but Go's
/// server writes so.
bool has_go_tail(const ResponseHead& head) {
  std::vector<std::string> names;
  for (const HeaderField& field : head.fields) {
    if (is_lower(field.name)) return false;
    names.push_back(field.name);
  }
  if (names.size() < 3 || std::is_sorted(names.begin(), names.end())) return false;
  while (!names.empty() &&
         (names.back() == "Date" || names.back() == "Content-Length" || names.back() == "Transfer-Encoding")) {
    names.pop_back();
  }
  return std::is_sorted(names.begin(), names.end());
}

/// What Go's server writes to a request that it cannot even hand to a program.
bool is_go_bad_request(const Response& response) {
  return response.head.status == 400 && response.body.rfind("400 Bad Request", 0) == 0 &&
         position_of(response.head, "date") < 0;
}

bool names(const ResponseHead& head, std::string_view product) {
  const auto servers = servers_of(head);
  return std::any_of(servers.begin(), servers.end(),
                     [&](const std::string& server) { return contains_ignoring_case(server, product); });
}

bool knows(const Knowledge* knowledge, std::string_view product) {
  return knowledge == nullptr || knowledge->of(product);
}

/// Server, Date, Content-Type, then the length or the coding, then Connection: what is there of them stands in this
/// order at the beginning, and Connection follows the length.
bool has_nginx_order(const ResponseHead& head) {
  const std::vector<std::string> all = names_of(head);
  std::size_t at = 0;
  const auto take = [&](std::string_view name) {
    const bool there = at < all.size() && all[at] == name;
    at += there ? 1U : 0U;
    return there;
  };
  take("server");
  if (!take("date")) return false;
  const bool typed = take("content-type");
  const bool measured = take("content-length") || take("transfer-encoding");
  return (typed || measured) && (take("connection") || take("last-modified") || take("location"));
}

/// The application's answer, copied: the length in its sorted place before Date; or, without a length, Date in its
/// sorted place before something else. An application that is written in Go itself has its own Date and length at the
/// end, and then there is no difference to see.
bool is_copied_by_go(const ResponseHead& head) {
  if (sorted_and_canonical(head) && copied_in_order(head)) return true;
  const int date = position_of(head, "date");
  const int chunked = position_of(head, "transfer-encoding");
  return date >= 0 && chunked > date + 1 && position_of(head, "content-length") < 0 &&
         (has_go_tail(head) || sorted_and_canonical(head));
}

struct Naming {
  std::string_view product;
  std::string_view field;
  std::string_view text;
};

constexpr std::array namings{Naming{"caddy", "server", "caddy"},      Naming{"caddy", "via", "caddy"},
                             Naming{"nginx", "server", "nginx"},      Naming{"nginx", "server", "openresty"},
                             Naming{"apache", "server", "apache"},    Naming{"varnish", "via", "varnish"},
                             Naming{"squid", "via", "squid"},         Naming{"squid", "server", "squid"},
                             Naming{"haproxy", "server", "haproxy"},  Naming{"traefik", "server", "traefik"},
                             Naming{"lighttpd", "server", "lighttpd"}};

/// The products that an answer names; a page of a proxy's own counts as well.
void collect_names(const Response& response, std::set<std::string_view>& found) {
  for (const HeaderField& field : response.head.fields) {
    for (const Naming& naming : namings) {
      if (equals_ignoring_case(field.name, naming.field) && contains_ignoring_case(field.value, naming.text))
        found.insert(naming.product);
    }
  }
}

}  // namespace

std::string_view recognised_proxy(const Pattern& pattern) {
  // A page that only one proxy makes is better than any name.
  for (const Rule* rule : rules_that_hold(pattern)) {
    const Product* maker = product(rule->product);
    const bool own = maker != nullptr && maker->role == Role::proxy && rule->nature == Nature::body;
    if (own && maker->id != "go") return maker->id;
  }
  std::set<std::string_view> found;
  std::vector<const StepReport*> all = pattern.others();
  all.push_back(pattern.subject);
  for (const StepReport* step : all) {
    if (const Response* response = response_of(step)) collect_names(*response, found);
  }
  return found.size() == 1 ? *found.begin() : std::string_view();
}

bool is_lower_in(const ResponseHead& head, std::string_view name) {
  const int at = position_of(head, name);
  return at >= 0 && is_lower(head.fields[static_cast<std::size_t>(at)].name);
}

bool copied_in_order(const ResponseHead& head) {
  const int length = position_of(head, "content-length");
  const int date = position_of(head, "date");
  return length >= 0 && date > length;
}

bool ends_with_date_and_length(const ResponseHead& head) {
  const auto names = names_of(head);
  if (names.size() < 2) return false;
  return names[names.size() - 1] == "content-length" && names[names.size() - 2] == "date";
}

GoProxy go_proxy(const Pattern& pattern, const Response* sample) {
  if (!knows(pattern.knowledge, "go") || sample == nullptr || !is_copied_by_go(sample->head)) return GoProxy::no;
  bool tail = false;
  bool named = false;
  std::vector<const StepReport*> all = pattern.others();
  all.push_back(pattern.subject);
  for (const StepReport* step : all) {
    const Response* response = response_of(step);
    if (response == nullptr || response->head.status < 200) continue;
    if (is_go_bad_request(*response)) return GoProxy::yes;
    named = named || (knows(pattern.knowledge, "caddy") && names(response->head, "caddy"));
    tail = tail || has_go_tail(response->head);
  }
  // A name can be borrowed and sorted fields are no proof; together with a tail that nobody else writes they are. The
  // tail alone could be that of an application in Go behind a proxy that is not.
  return named && tail ? GoProxy::yes : GoProxy::perhaps;
}

bool writes_as_nginx(const Response& response, const Response* sample, const Knowledge* knowledge) {
  if (!knows(knowledge, "nginx") || !has_nginx_order(response.head)) return false;
  if (sample != nullptr && !has_nginx_order(sample->head)) return false;
  const Response& shown = sample != nullptr ? *sample : response;
  static constexpr std::array<std::string_view, 3> products{"nginx", "openresty", "tengine"};
  const bool named = std::any_of(products.begin(), products.end(),
                                 [&](std::string_view product) { return names(shown.head, product); });
  return named || (sample != nullptr && position_of(shown.head, "date") == 0);
}

bool writes_as_apache(const Response& response, const Response* sample, const Knowledge* knowledge) {
  if (!knows(knowledge, "apache")) return false;
  const auto begins = [](const ResponseHead& head) {
    return head.fields.size() >= 2 && head.fields[0].name == "Date" && head.fields[1].name == "Server";
  };
  return begins(response.head) && (sample == nullptr || begins(sample->head)) && names(response.head, "apache");
}

}  // namespace wsprobe::attribution
