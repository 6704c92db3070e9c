// Who wrote it: lines add up, nothing inside a line counts twice, and the proxy's bytes are not yet the proxy's
// refusal.
#include "attribution/emitter.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

using Kind = ExperimentKind;

Scene with_tokens_told_apart(const std::string& refusal) {
  Scene scene;
  scene.health(green_health).valid(accepted_101).invalid(refusal);
  return scene;
}

bool mentions(const Findings& findings, const std::string& words) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return finding.sentence.find(words) != std::string::npos; });
}

TEST(Emitter, is_none_where_nothing_was_answered) {
  Scene scene;
  scene.health(green_health).valid("");
  EXPECT_EQ(judge_author(scene.pattern("valid-token")).emitter, Emitter::none);
}

TEST(Emitter, of_a_close_after_an_accept_is_the_application) {
  Scene scene = with_tokens_told_apart(accepted_101);
  scene.last().outcome = Rejected{Rejected::How::close_after_101};
  EXPECT_EQ(judge_author(scene.pattern("invalid-token")).emitter, Emitter::backend);
}

TEST(Emitter, of_wsproto_behind_caddy_is_the_application_though_only_caddy_is_named) {
  Scene scene = with_tokens_told_apart(passed_403_s);
  scene.experiment(Kind::plain_get_invalid, plain_404);
  // That it was passed on by Caddy could be said of another proxy behind it as well.
  EXPECT_EQ(judge_author(scene.pattern("invalid-token")).emitter, Emitter::undetermined);
  scene.experiment(Kind::websocket_version_invalid, answer("426 Upgrade Required", "", ""));
  EXPECT_EQ(judge_author(scene.pattern("invalid-token")).emitter, Emitter::backend);
}

TEST(Emitter, is_the_proxy_with_and_without_a_server_field) {
  for (const std::string& refusal : {caddy_403, caddy_403_no_server}) {
    Scene scene;
    scene.health(green_health).valid(refusal).invalid(refusal).experiment(Kind::plain_get, refusal);
    scene.experiment(Kind::edge_error, go_bad_request);
    const Authorship author = judge_author(scene.pattern("valid-token"));
    EXPECT_EQ(author.emitter, Emitter::proxy);
    EXPECT_GT(author.confidence(), 0.95);
  }
}

TEST(Emitter, is_open_where_a_nameless_proxy_may_have_buffered_an_answer_that_was_written_by_hand) {
  // "HTTP/1.1 403 Forbidden", an empty line and the end, behind a Go proxy that adds what is missing.
  Scene scene;
  scene.health(green_health).valid(caddy_403_no_server).experiment(Kind::edge_error, go_bad_request);
  EXPECT_EQ(judge_author(scene.pattern("valid-token")).emitter, Emitter::undetermined);
  scene.experiment(Kind::plain_get, plain_404);
  EXPECT_EQ(judge_author(scene.pattern("valid-token")).emitter, Emitter::undetermined);
}

TEST(Emitter, is_open_where_the_proxy_may_have_replaced_a_refusal_of_the_application) {
  Scene scene = with_tokens_told_apart(caddy_403);
  scene.experiment(Kind::control_path, caddy_403).experiment(Kind::plain_get_invalid, caddy_403);
  const Authorship author = judge_author(scene.pattern("invalid-token"));
  EXPECT_EQ(author.emitter, Emitter::undetermined);
  EXPECT_TRUE(mentions(author.findings, "in the place of a refusal"));
}

TEST(Emitter, is_the_proxy_where_refusals_of_the_application_come_through) {
  Scene scene = with_tokens_told_apart(caddy_403);
  scene.experiment(Kind::control_path, passed_403_w).experiment(Kind::plain_get_invalid, caddy_403);
  EXPECT_EQ(judge_author(scene.pattern("invalid-token")).emitter, Emitter::proxy);
}

TEST(Emitter, counts_only_the_strongest_of_a_line) {
  // Two rules of the signature hold; their sum would name the backend more surely than either alone.
  Scene scene;
  scene.health(green_health).valid(passed_403_w).experiment(Kind::plain_get, plain_404);
  const Authorship author = judge_author(scene.pattern("valid-token"));
  double of_signature = 0;
  double all_of_signature = 0;
  for (const Finding& finding : author.findings) {
    if (finding.line != Line::signature) continue;
    of_signature = std::max(of_signature, finding.weight);
    all_of_signature += finding.weight;
  }
  ASSERT_GT(all_of_signature, of_signature);
  EXPECT_LT(author.log_odds, all_of_signature);
}

TEST(Emitter, is_open_where_lines_contradict_each_other) {
  // An application that is a gateway itself: its 502 is passed on.
  Scene scene;
  scene.health(green_health).valid("HTTP/1.1 502 \r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(judge_author(scene.pattern("valid-token")).emitter, Emitter::undetermined);
}

TEST(Differences, another_answer_to_version_99_points_at_the_application) {
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", "", "no"));
  EXPECT_EQ(judge_author(scene.pattern("valid-token")).emitter, Emitter::undetermined);
  scene.experiment(Kind::websocket_version, answer("426 Upgrade Required", "", "version"));
  EXPECT_EQ(judge_author(scene.pattern("valid-token")).emitter, Emitter::backend);
}

TEST(Differences, an_unknown_method_refused_alike_points_at_the_proxy) {
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", "", "no"));
  scene.experiment(Kind::unknown_method, answer("403 Forbidden", "", "no"));
  EXPECT_LT(judge_author(scene.pattern("valid-token")).log_odds, 0);
}

TEST(Differences, an_unknown_method_refused_as_such_says_nothing) {
  // Node's own parser answers 400 before any program of it is asked.
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", "", "no"));
  scene.experiment(Kind::unknown_method, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  const Findings findings = differences(scene.pattern("valid-token"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].weight, 0);
}

TEST(Differences, of_the_valid_upgrade_say_nothing_of_another_refusal) {
  Scene scene = with_tokens_told_apart(answer("403 Forbidden", "", "no"));
  scene.experiment(Kind::websocket_version, answer("426 Upgrade Required", "", "version"));
  EXPECT_TRUE(differences(scene.pattern("invalid-token")).empty());
  scene.experiment(Kind::websocket_version_invalid, answer("426 Upgrade Required", "", "version"));
  EXPECT_EQ(differences(scene.pattern("invalid-token")).size(), 1U);
}

TEST(Comparison, with_an_answer_provoked_at_the_edge_points_at_the_proxy) {
  const std::string fields = "Server: gateway\r\nX-Gateway: 7\r\nContent-Type: text/plain\r\n";
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", fields, "refused here"));
  scene.experiment(Kind::edge_error, answer("400 Bad Request", fields, "refused here"));
  const Findings findings = comparison(scene.pattern("valid-token"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_LE(findings[0].weight, -2.0);
}

TEST(Comparison, with_an_answer_provoked_at_the_edge_is_a_hint_where_the_application_may_have_made_it) {
  const std::string fields = "X-Gateway: 7\r\nContent-Type: text/plain\r\n";
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", fields, "refused here"));
  scene.experiment(Kind::edge_error, answer("400 Bad Request", fields, "refused here"));
  const Findings findings = comparison(scene.pattern("valid-token"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_LT(findings[0].weight, 0);
  EXPECT_GT(findings[0].weight, -least_fact);
}

TEST(Comparison, of_an_answer_without_fields_names_no_application) {
  Scene scene;
  scene.health(answer("200 OK", "Content-Type: application/json\r\n", "{}")).valid("HTTP/1.1 401 Unauthorized\r\n\r\n");
  for (const Finding& finding : comparison(scene.pattern("valid-token")))
    EXPECT_LE(finding.weight, 0) << finding.sentence;
}

TEST(Comparison, is_silent_where_both_authors_look_alike) {
  const std::string fields = "Server: one\r\nContent-Type: application/json\r\n";
  Scene scene;
  scene.health(answer("200 OK", fields, "{\"status\":\"ok\"}")).valid(answer("403 Forbidden", fields, "{\"error\":1}"));
  scene.experiment(Kind::edge_error, answer("400 Bad Request", fields, "{\"error\":1}"));
  const Findings findings = comparison(scene.pattern("valid-token"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].weight, 0);
}

TEST(Comparison, a_page_for_a_status_is_not_of_an_application_that_makes_none) {
  Scene scene;
  scene.health(green_health)
      .valid(answer("403 Forbidden", "Content-Type: text/html\r\n", "<html><title>403 Forbidden</title></html>"));
  scene.experiment(Kind::plain_control_path, plain_404);
  const Findings findings = comparison(scene.pattern("valid-token"));
  EXPECT_TRUE(mentions(findings, "page for browsers"));
}

}  // namespace
}  // namespace wsprobe::attribution::test
