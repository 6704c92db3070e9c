// Experiments are chosen: what tells explanations apart, nothing twice, nothing where everything is explained.
#include "attribution/wanted.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/attribution/deployments.hpp"
#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

using Kind = ExperimentKind;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

void prove_session(Scene& scene) { scene.last().evidence.session.emplace().ping_round_trips.push_back(Duration(1)); }

TEST(Wanted, nothing_where_everything_is_as_it_should_be) {
  Scene scene;
  scene.health(green_health).valid(accepted_101);
  prove_session(scene);
  scene.invalid(passed_403_w);
  EXPECT_THAT(scene.judge().wanted, IsEmpty());
}

TEST(Wanted, nothing_with_an_invalid_credential_where_the_valid_one_is_refused_alike) {
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", "", "")).invalid(answer("403 Forbidden", "", ""));
  for (const Kind kind : scene.judge().wanted) EXPECT_FALSE(lockout_prone(kind)) << name(kind);
}

TEST(Wanted, marks_what_carries_an_invalid_credential) {
  for (const Kind kind : all_experiments) {
    const bool invalid = name(kind).find("invalid") != std::string_view::npos;
    EXPECT_EQ(lockout_prone(kind), invalid) << name(kind);
  }
}

TEST(Wanted, of_an_open_author_what_names_him) {
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", "", "")).invalid(answer("403 Forbidden", "", ""));
  const auto wanted = scene.judge().wanted;
  ASSERT_FALSE(wanted.empty());
  EXPECT_EQ(wanted.front(), Kind::direct_valid);
  EXPECT_EQ(wanted[1], Kind::websocket_version);
  EXPECT_THAT(wanted, Contains(Kind::plain_get));
  EXPECT_THAT(wanted, Contains(Kind::edge_error));
}

TEST(Wanted, of_an_open_refusal_of_the_invalid_credential_are_its_own_twins) {
  Scene scene;
  scene.health(green_health).valid(accepted_101).invalid(answer("403 Forbidden", "", ""));
  const auto wanted = scene.judge().wanted;
  EXPECT_THAT(wanted, Contains(Kind::websocket_version_invalid));
  EXPECT_THAT(wanted, Contains(Kind::plain_get_invalid));
  EXPECT_THAT(wanted, Not(Contains(Kind::websocket_version)));
}

TEST(Wanted, of_the_incident_what_proves_a_changed_path) {
  Scene scene;
  scene.health(health_not_found).valid(passed_403_w).invalid(passed_403_w);
  scene.experiment(Kind::plain_get, plain_404).experiment(Kind::control_path, passed_403_w);
  const auto wanted = scene.judge().wanted;
  EXPECT_THAT(wanted, Contains(Kind::doubled_prefix));
  EXPECT_THAT(wanted, Contains(Kind::long_path));
  EXPECT_THAT(wanted, Contains(Kind::long_query));
}

TEST(Wanted, nothing_of_what_was_made) {
  Scene scene;
  scene.health(health_not_found).valid(passed_403_w).invalid(passed_403_w);
  for (int round = 0; round < 3; ++round) {
    for (const Kind kind : scene.judge().wanted) {
      for (const StepReport& made : scene.experiments()) EXPECT_NE(made.experiment, kind);
      scene.experiment(kind, kind == Kind::plain_get ? plain_404 : passed_403_w);
    }
  }
}

TEST(Wanted, nothing_where_the_edge_could_not_be_reached) {
  Scene scene;
  scene.health("").valid("");
  scene.last().outcome = Failed{make_error(Phase::tls, Reason::tls_expired)};
  EXPECT_THAT(scene.judge().wanted, IsEmpty());
}

TEST(Wanted, without_a_health_step_the_health_document) {
  Scene scene;
  scene.valid(passed_403_w);
  EXPECT_THAT(scene.judge().wanted, Contains(Kind::health_document));
}

TEST(Wanted, stays_within_a_dozen_on_every_measured_deployment) {
  for (const Deployment& deployment : load_all_deployments()) {
    const Attribution first = attribute({deployment.steps, {}, ""});
    EXPECT_LE(first.wanted.size(), most_wanted) << deployment.name;
    const bool healthy = deployment.valid.outcome == "accepted" &&
                         first.of_steps[2]->cause == Cause(CauseId::auth_rejected) &&
                         first.of_steps[2]->confidence >= 0.9;
    if (healthy) {
      EXPECT_THAT(first.wanted, IsEmpty()) << deployment.name;
    }
  }
}

}  // namespace
}  // namespace wsprobe::attribution::test
