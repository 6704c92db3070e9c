#include "attribution/emitter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "attribution/products.hpp"
#include "attribution/rules.hpp"

namespace wsprobe::attribution {
namespace {

constexpr std::array all_lines{Line::signature,   Line::status, Line::comparison,
                               Line::differences, Line::direct, Line::witness};
/// No sum of evidence seen from outside makes certain.
constexpr double most_confidence = 0.99;
/// What is left for the application where its log says that it refused, and the bytes say that the proxy did.
constexpr double logged_refusal = 3.0;

double strongest_in(Line line, const Findings& findings) {
  double strongest = 0;
  for (const Finding& finding : findings) {
    if (finding.line == line && std::abs(finding.weight) > std::abs(strongest)) strongest = finding.weight;
  }
  return strongest;
}

/// Some line has a fact in it that points the way in which the sum points.
bool rests_on_a_fact(const Authorship& author) {
  return std::any_of(author.findings.begin(), author.findings.end(), [&](const Finding& finding) {
    return std::abs(finding.weight) >= least_fact && finding.weight * author.log_odds > 0;
  });
}

/// A refusal of the application reaches us here in the application's own voice: the proxy replaces none of that status.
bool passes_refusals_on(const Pattern& pattern) {
  for (const StepReport* step : pattern.others()) {
    if (step->kind != StepKind::upgrade || status_of(step) != status_of(pattern.subject)) continue;
    if (signature_weight(*step, pattern) >= emitter_threshold) return true;
  }
  return false;
}

/// The bytes of a refusal can be the proxy's and the refusal the application's (proxy_intercept_errors,
/// handle_response, errorfile, ErrorDocument, buffered responses). Where only the invalid credential is refused, a
/// proxy that checks credentials and a proxy that replaces the application's refusal look alike.
bool may_be_replaced(const Pattern& pattern) {
  const bool only_this_credential = pattern.subject == pattern.invalid && !same_answer(pattern.subject, pattern.valid);
  return only_this_credential && !passes_refusals_on(pattern);
}

/// The most telling finding against the application that is about a product by name, or null.
const Product* named_author(const Findings& findings) {
  const Finding* strongest = nullptr;
  for (const Finding& finding : findings) {
    const Product* maker = product(finding.product);
    if (maker == nullptr || maker->role == Role::application || finding.weight >= 0) continue;
    if (strongest == nullptr || finding.weight < strongest->weight) strongest = &finding;
  }
  return strongest != nullptr ? product(strongest->product) : nullptr;
}

/// Not the application: then the proxy, or the network that stands before it and is none of the proxy's. A network that
/// passes answers on marks them all, so its mark alone blames nobody.
Emitter which_edge(const Pattern& pattern, Findings& findings) {
  const Product* maker = named_author(findings);
  if (maker != nullptr) return maker->role == Role::cdn ? Emitter::cdn : Emitter::proxy;
  const Product* front = product(network_in_front(*response_of(pattern.subject), pattern.knowledge));
  if (front == nullptr) return Emitter::proxy;
  findings.push_back({Line::signature, 0,
                      fmt::format("{} stands in front and marks every answer that passes: whether it or the proxy "
                                  "behind it made this one cannot be told",
                                  front->name)});
  return Emitter::undetermined;
}

void append(Findings& all, Findings more) {
  for (Finding& finding : more) all.push_back(std::move(finding));
}

}  // namespace

double Authorship::confidence() const { return std::min(most_confidence, 1.0 / (1.0 + std::exp(-std::abs(log_odds)))); }

Authorship judge_author(const Pattern& pattern) {
  Authorship author;
  if (closed_after_accept(pattern.subject)) {
    // Only who speaks WebSocket closes with a code: a middlebox that terminates WebSocket would have to invent it.
    author.findings.push_back(
        {Line::signature, 4.0, "the upgrade was accepted and then closed by a WebSocket close frame"});
    author.log_odds = 4.0;
    author.emitter = Emitter::backend;
    return author;
  }
  if (response_of(pattern.subject) == nullptr) {
    author.emitter = Emitter::none;
    return author;
  }
  if (pattern.subject == pattern.health && is_health_document(pattern.health) && pattern.health->health &&
      (pattern.health->health->status || pattern.health->health->ws_available)) {
    author.findings.push_back({Line::comparison, 3.0, "it is the health document, with the members of one"});
  }
  append(author.findings, signature(pattern));
  append(author.findings, status_alone(pattern));
  append(author.findings, comparison(pattern));
  append(author.findings, differences(pattern));
  append(author.findings, direct_path(pattern));
  append(author.findings, witnesses(pattern));
  for (const Line line : all_lines) author.log_odds += strongest_in(line, author.findings);
  if (author.log_odds < emitter_threshold && is_logged_refusal(pattern)) {
    author.findings.push_back({Line::signature, 0,
                               "the bytes are hardly the application's, and its log has the refusal: the proxy put an "
                               "answer of its own in the place of the application's"});
    author.log_odds = logged_refusal;
  }
  if (!rests_on_a_fact(author)) return author;
  if (author.log_odds >= emitter_threshold) author.emitter = Emitter::backend;
  if (author.log_odds <= -emitter_threshold) {
    if (may_be_replaced(pattern) && !is_shown_not_to_arrive(pattern)) {
      author.findings.push_back({Line::signature, 0,
                                 "the bytes are the proxy's, but it may have put them in the place of a refusal of the "
                                 "application's: only the invalid credential is refused"});
    } else {
      author.emitter = which_edge(pattern, author.findings);
    }
  }
  return author;
}

}  // namespace wsprobe::attribution
