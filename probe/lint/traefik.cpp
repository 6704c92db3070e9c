// Which router of Traefik takes the request: of those whose rule holds, the one with the highest priority, which is the
// length of the rule unless it is given.
//
// The static configuration (entry points and their middlewares) is not read: a router that listens at `web` or `http`
// alone, without TLS, is taken for one of plain HTTP.
#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "lint/readers.hpp"
#include "lint/traefik_model.hpp"
#include "lint/traefik_rule.hpp"
#include "lint/traefik_walk.hpp"

namespace wsprobe::lint {
namespace {

using traefik::Model;
using traefik::Object;
using traefik::RuleJudgement;

struct Candidate {
  const Object* router = nullptr;
  RuleJudgement judgement;
  long long priority = 0;
};

bool listens(const Object& router, const Question& question) {
  const auto* tls = router.below("tls");
  const bool ends_tls = tls != nullptr && !(tls->text == "false" && router.find("tls") == tls);
  if (!question.tls) return !ends_tls;
  const auto* points = router.find("entrypoints");
  if (ends_tls || points == nullptr) return true;
  const std::vector<std::string> names = points->list();
  return !std::all_of(names.begin(), names.end(),
                      [](const std::string& name) { return name == "web" || name == "http"; });
}

long long priority_of(const Object& router) {
  const std::string rule = router.text("rule");
  const std::string text = router.text("priority");
  long long priority = 0;
  std::from_chars(text.data(), text.data() + text.size(), priority);
  return priority == 0 ? static_cast<long long>(rule.size()) : priority;
}

std::vector<Candidate> candidates_of(const Model& model, const Question& question, Result& result) {
  std::vector<Candidate> candidates;
  for (const Object& router : model.routers) {
    const auto* rule = router.find("rule");
    if (rule == nullptr || !listens(router, question)) continue;
    RuleJudgement judgement = traefik::judge_rule(rule->text, question);
    if (!judgement.is_readable) {
      result.notes.push_back(fmt::format("the rule of the router {} ({}:{}) is none that Traefik reads: it is left out",
                                         router.title(), rule->at.file, rule->at.line));
      continue;
    }
    candidates.push_back({&router, std::move(judgement), priority_of(router)});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& left, const Candidate& right) { return left.priority > right.priority; });
  return candidates;
}

void judge_rivals(const std::vector<Candidate>& candidates, const Candidate& winner, Walk& walk) {
  for (const Candidate& rival : candidates) {
    if (&rival == &winner || rival.judgement.holds != Tells::yes || rival.priority != winner.priority) continue;
    walk.find({Rule::ambiguous_site,
               Severity::warning,
               rival.router->at,
               fmt::format("the routers {} and {} take the same requests with the same priority",
                           winner.router->title(), rival.router->title()),
               "which of the two gets the WebSocket is not said",
               {},
               {"keep one of them, or give the one that is meant a higher priority", ""},
               {{winner.router->at, "the other one"}}});
    walk.doubt();
  }
}

void take(const Model& model, const std::vector<Candidate>& candidates, const Candidate& winner,
          const Deployment& deployment, const Question& question, Result& result) {
  Walk walk("Traefik", question, deployment, result);
  walk.trace().site = winner.router->title();
  walk.trace().site_at = winner.router->at;
  for (const Candidate& other : candidates) {
    if (&other == &winner) break;
    if (other.judgement.holds != Tells::unknown) continue;
    walk.perhaps(other.judgement.condition, [&] {
      walk.step(other.router->at, fmt::format("taken by the router {}", other.router->title()));
      traefik::follow(model, *other.router, walk);
      return Flow::ended;
    });
  }
  const auto* rule = winner.router->find("rule");
  walk.step(rule->at, fmt::format("taken by the router {}: {}", winner.router->title(), shown(rule->text)));
  judge_rivals(candidates, winner, walk);
  traefik::follow(model, *winner.router, walk);
  walk.finish();
}

/// A TCP router gets the connection before any HTTP router, and passes it on as it is.
bool taken_as_tcp(const Model& model, const Deployment& deployment, const Question& question, Result& result) {
  for (const Object& router : model.tcp_routers) {
    const Tells takes = traefik::takes_sni(router.text("rule"), question);
    if (takes == Tells::no) continue;
    Walk walk("Traefik", question, deployment, result);
    walk.trace().site = router.title();
    walk.trace().site_at = router.at;
    walk.step(router.at, fmt::format("taken by the TCP router {}, which does not look into it", router.title()));
    walk.forwarded_to(router.text("service"));
    walk.end(Ending::forwarded, question.path);
    if (takes == Tells::unknown) walk.doubt();
    walk.finish();
    if (takes == Tells::yes) return true;
  }
  return false;
}

/// Each of them may take it, and none surely does.
void may_be_taken(const Model& model, const std::vector<Candidate>& candidates, const Deployment& deployment,
                  const Question& question, Result& result) {
  Walk walk("Traefik", question, deployment, result);
  for (const Candidate& each : candidates) {
    if (each.judgement.holds != Tells::unknown) continue;
    if (walk.trace().site.empty()) {
      walk.trace().site = each.router->title();
      walk.trace().site_at = each.router->at;
    }
    walk.perhaps(each.judgement.condition, [&] {
      walk.step(each.router->at, fmt::format("taken by the router {}", each.router->title()));
      traefik::follow(model, *each.router, walk);
      return Flow::ended;
    });
  }
  walk.finish();
}

void no_router(const std::vector<Candidate>& candidates, const Model& model, const Deployment& deployment,
               const Question& question, Result& result) {
  const auto near = std::find_if(candidates.begin(), candidates.end(),
                                 [](const Candidate& each) { return each.judgement.is_of_the_host; });
  if (near == candidates.end()) return;
  const Object& router = *near->router;
  Walk walk("Traefik", question, deployment, result);
  walk.trace().site = router.title();
  walk.trace().site_at = router.at;
  const auto* rule = router.find("rule");
  walk.step(rule->at, fmt::format("no router takes {}", question.path));
  walk.end(Ending::no_route, question.path);
  walk.find({Rule::no_route,
             Severity::error,
             rule->at,
             fmt::format("`{}` does not take {}, and no other router does", shown(rule->text), question.path),
             "404 instead of 101, from the proxy itself",
             {},
             traefik::own_router(model, router, question),
             {}});
  walk.finish();
}

}  // namespace

void read_traefik(const Deployment& deployment, const Question& question, Result& result) {
  const Model model = traefik::read_model(deployment, result);
  if (taken_as_tcp(model, deployment, question, result)) return;
  const std::vector<Candidate> candidates = candidates_of(model, question, result);
  if (question.host.empty()) {
    for (const Candidate& each : candidates) {
      if (each.judgement.holds != Tells::no) take(model, {}, each, deployment, question, result);
    }
    return;
  }
  const auto winner = std::find_if(candidates.begin(), candidates.end(),
                                   [](const Candidate& each) { return each.judgement.holds == Tells::yes; });
  const bool may_be = std::any_of(candidates.begin(), candidates.end(),
                                  [](const Candidate& each) { return each.judgement.holds == Tells::unknown; });
  if (winner != candidates.end()) {
    take(model, candidates, *winner, deployment, question, result);
  } else if (may_be) {
    may_be_taken(model, candidates, deployment, question, result);
  } else {
    no_router(candidates, model, deployment, question, result);
  }
}

}  // namespace wsprobe::lint
