// The table of rules: every record says how it is known, the counts are those of the measured deployments, and nothing
// that was only read outweighs what was measured.
#include "attribution/rules.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "attribution/emitter.hpp"
#include "attribution/products.hpp"
#include "unit/attribution/deployments.hpp"

namespace wsprobe::attribution::test {
namespace {

TEST(Rules, have_names_of_their_own_and_known_products) {
  std::set<std::string_view> names;
  for (const Rule* rule : all_rules()) {
    EXPECT_TRUE(names.insert(rule->id).second) << rule->id;
    EXPECT_FALSE(rule->sentence.empty()) << rule->id;
    EXPECT_NE(rule->weight, 0) << rule->id;
    EXPECT_TRUE(rule->product.empty() || product(rule->product) != nullptr) << rule->id;
  }
}

TEST(Rules, of_every_product_there_is_one) {
  for (const Product& known : all_products()) {
    const bool has_rule = std::any_of(all_rules().begin(), all_rules().end(),
                                      [&](const Rule* rule) { return rule->product == known.id; });
    // wsproto writes nothing that is only its own, and of Caddy only the name, which go_proxy() looks at.
    EXPECT_TRUE(has_rule || known.id == "wsproto" || known.id == "caddy") << known.id;
  }
}

TEST(Rules, were_measured_or_say_where_they_are_written) {
  for (const Rule* rule : all_rules()) {
    const Provenance& known = rule->provenance;
    EXPECT_TRUE(known.is_measured() ? known.of_applications + known.of_proxies > 0 : known.source.size() > 20)
        << rule->id;
  }
}

TEST(Rules, that_were_only_read_weigh_less_than_every_measured_one_of_their_kind) {
  for (const Rule* read : all_rules()) {
    if (read->provenance.is_measured()) continue;
    EXPECT_LE(std::abs(read->weight), most_documented_weight) << read->id;
    for (const Rule* counted : all_rules()) {
      if (!counted->provenance.is_measured() || counted->nature != read->nature) continue;
      EXPECT_LT(std::abs(read->weight), std::abs(counted->weight)) << read->id << " and " << counted->id;
    }
  }
}

TEST(Rules, of_what_was_passed_on_prove_no_application) {
  for (const Rule* rule : all_rules()) {
    if (rule->nature != Nature::passed_on) continue;
    EXPECT_LE(rule->weight, most_passed_on_weight) << rule->id;
  }
  EXPECT_LT(most_passed_on_weight, least_fact);
}

struct Counts {
  int of_applications = 0;
  int of_proxies = 0;
};

std::map<std::string_view, Counts> count_all() {
  std::map<std::string_view, Counts> counts;
  for (const Deployment& deployment : load_all_deployments()) {
    const Input input{deployment.steps, deployment.experiments, ""};
    const auto count = [&](const std::vector<StepReport>& answers, const std::vector<std::string>& authors) {
      for (std::size_t at = 0; at < answers.size(); ++at) {
        const auto& response = answers[at].evidence.response;
        if (!response || response->head.status < 300) continue;
        for (const Rule* rule : rules_that_hold(pattern_around(answers[at], input))) {
          counts[rule->id].of_applications += authors[at] == "backend";
          counts[rule->id].of_proxies += authors[at] == "proxy";
        }
      }
    };
    count(deployment.steps, deployment.step_authors);
    count(deployment.experiments, deployment.experiment_authors);
  }
  return counts;
}

TEST(Rules, that_were_measured_have_the_counts_of_the_measured_deployments) {
  std::map<std::string_view, Counts> counts = count_all();
  for (const Rule* rule : all_rules()) {
    if (!rule->provenance.is_measured()) continue;
    EXPECT_EQ(counts[rule->id].of_applications, rule->provenance.of_applications) << rule->id;
    EXPECT_EQ(counts[rule->id].of_proxies, rule->provenance.of_proxies) << rule->id;
  }
}

/// More than a smoothed count allows would be a claim of another kind than a measurement.
TEST(Rules, that_were_measured_weigh_no_more_than_their_counts_allow) {
  // The answers of applications and of proxies among the measured ones with a status from 300 on.
  constexpr double applications = 1346;
  constexpr double proxies = 556;
  for (const Rule* rule : all_rules()) {
    if (!rule->provenance.is_measured()) continue;
    const double ratio = std::log(((rule->provenance.of_applications + 0.5) / (applications + 1)) /
                                  ((rule->provenance.of_proxies + 0.5) / (proxies + 1)));
    EXPECT_GT(ratio * rule->weight, 0) << rule->id << " points the other way";
    EXPECT_LE(std::abs(rule->weight), std::abs(ratio)) << rule->id;
  }
}

}  // namespace
}  // namespace wsprobe::attribution::test
