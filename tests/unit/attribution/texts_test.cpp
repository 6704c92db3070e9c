// What people read: remedies, meanings, summaries, and commands that can be pasted.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/attribution.hpp"
#include "attribution/explanation.hpp"
#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const RemedyContext context{"api.example.com:8443", "/api/ws", "backend:8000", ""};

Cause cause_of(CauseId id) { return id == CauseId::transport ? Cause::transport(Reason::tls_expired) : Cause(id); }

TEST(Remedy, every_cause_has_one_of_its_own) {
  std::set<std::string> texts;
  for (const CauseId id : all_causes()) {
    const std::string text = remedy(cause_of(id), Emitter::backend, Fault::undetermined, context);
    EXPECT_FALSE(text.empty()) << name(id);
    EXPECT_TRUE(texts.insert(text).second) << name(id) << " shares its remedy";
  }
}

TEST(Remedy, every_reason_of_a_failure_has_one) {
  for (const Reason reason : all_reasons()) {
    EXPECT_FALSE(remedy(Cause::transport(reason), Emitter::none, Fault::undetermined, context).empty()) << name(reason);
  }
}

TEST(Remedy, of_a_rewritten_path_names_try_files_and_gives_the_clean_site) {
  const std::string text = remedy(CauseId::proxy_rewrote_path, Emitter::backend, Fault::proxy, context);
  EXPECT_THAT(text, HasSubstr("try_files"));
  EXPECT_THAT(text, HasSubstr("Coolify"));
  EXPECT_THAT(text,
              HasSubstr("api.example.com {\n\tencode zstd gzip\n\theader -Server\n\treverse_proxy backend:8000\n}\n"));
}

TEST(Remedy, says_placeholders_where_nothing_is_known) {
  EXPECT_THAT(remedy(CauseId::proxy_rewrote_path, Emitter::backend, Fault::proxy, {}), HasSubstr("HOST {"));
}

TEST(Remedy, of_a_recognised_product_gives_its_own_configuration) {
  RemedyContext behind_nginx = context;
  behind_nginx.product = "nginx";
  const std::string text = remedy(CauseId::upgrade_stripped, Emitter::backend, Fault::proxy, behind_nginx);
  EXPECT_THAT(text, HasSubstr("In nginx: "));
  EXPECT_THAT(text,
              HasSubstr("\n\nlocation /api/ws {\n    proxy_pass http://backend:8000;\n    proxy_http_version 1.1;\n"));
  EXPECT_THAT(remedy(CauseId::proxy_rewrote_path, Emitter::backend, Fault::proxy, behind_nginx),
              Not(HasSubstr("Coolify")));
  EXPECT_EQ(remedy(CauseId::route_missing, Emitter::backend, Fault::backend, behind_nginx),
            remedy(CauseId::route_missing, Emitter::backend, Fault::backend, context));
}

TEST(Remedy, recognises_the_product_of_the_answers) {
  const auto remedy_behind = [](const std::string& health, const std::string& refusal) {
    Scene scene;
    scene.health(health).valid(refusal).invalid(refusal).experiment(ExperimentKind::plain_get, refusal);
    scene.experiment(ExperimentKind::edge_error, go_bad_request);
    return scene.verdict("valid-token").remedy;
  };
  EXPECT_THAT(remedy_behind(green_health, caddy_403), HasSubstr("In Caddy: "));
  const std::string page = "<html>\r\n<body>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
  EXPECT_THAT(remedy_behind("", answer("403 Forbidden", "Server: other\r\n", page)), HasSubstr("In nginx: "));
  EXPECT_THAT(remedy_behind("", answer("403 Forbidden", "Server: awselb/2.0\r\n", "")), Not(HasSubstr("\nIn ")));
}

TEST(Explanation, of_every_cause_says_all_four_things) {
  for (const CauseId id : all_causes()) {
    const Explanation text = explanation(cause_of(id), context);
    EXPECT_FALSE(text.meaning.empty()) << name(id);
    EXPECT_FALSE(text.recognised.empty()) << name(id);
    EXPECT_FALSE(text.next.empty()) << name(id);
    ASSERT_FALSE(text.changes.empty()) << name(id);
    EXPECT_EQ(text.changes.front().product, "any") << name(id);
    for (const Change& change : text.changes) {
      EXPECT_EQ(change.text.find('@' + std::string("HOST")), std::string::npos) << name(id);
      EXPECT_EQ(change.text.back(), '\n') << name(id) << " in " << change.product;
    }
  }
}

TEST(Explanation, of_what_a_proxy_has_to_change_names_the_products) {
  for (const CauseId id : {CauseId::proxy_denied, CauseId::proxy_rewrote_path, CauseId::upgrade_stripped,
                           CauseId::upstream_unreachable, CauseId::upstream_timeout}) {
    std::set<std::string_view> products;
    for (const Change& change : explanation(id).changes) products.insert(change.product);
    for (const char* product : {"Caddy", "nginx", "HAProxy", "Apache httpd", "Varnish", "Squid", "Traefik"})
      EXPECT_EQ(products.count(product), 1U) << name(id) << " " << product;
  }
}

TEST(Meaning, every_cause_has_one) {
  std::set<std::string_view> texts;
  for (const CauseId id : all_causes()) EXPECT_TRUE(texts.insert(meaning(id)).second) << name(id);
  EXPECT_EQ(texts.count(""), 0U);
}

RequestFacts upgrade_request() {
  RequestFacts request;
  request.method = "GET";
  request.url = "wss://api.example.com/api/ws?token=${valid}";
  request.host = "api.example.com";
  request.path = "/api/ws";
  request.upgrade = true;
  return request;
}

TEST(Reproduction, has_the_token_as_a_shell_variable) {
  EXPECT_EQ(reproduction(upgrade_request()),
            "curl --http1.1 -i -N --max-time 10 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H "
            "'Sec-WebSocket-Version: 13' "
            "-H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \"https://api.example.com/api/ws?token=$VALID\"");
}

TEST(Reproduction, keeps_other_fields_and_another_host) {
  RequestFacts request = upgrade_request();
  request.host = "other.example.com";
  request.fields = {{"Authorization", "Bearer ${valid}"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "99"}};
  const std::string command = reproduction(request);
  EXPECT_THAT(command, HasSubstr("-H 'Host: other.example.com'"));
  EXPECT_THAT(command, HasSubstr("-H \"Authorization: Bearer $VALID\""));
  EXPECT_THAT(command, HasSubstr("'Sec-WebSocket-Version: 99'"));
  EXPECT_EQ(command.find("Upgrade: websocket", command.find("Upgrade: websocket") + 1), std::string::npos);
}

TEST(Reproduction, quotes_what_a_shell_would_read) {
  RequestFacts request;
  request.method = "GET";
  request.url = "http://h/a'b;$(id)?x=`id`";
  EXPECT_THAT(reproduction(request), HasSubstr("'http://h/a'\\''b;$(id)?x=`id`'"));
  request.url = "http://h/$(id)?token=${my token}&x=1";
  EXPECT_THAT(reproduction(request), HasSubstr("'http://h/$(id)?token='\"${MY_TOKEN}\"'&x=1'"));
}

TEST(Summary, says_it_where_health_is_green_while_the_upgrade_fails) {
  Scene scene;
  scene.health(green_health).valid(caddy_403).invalid(caddy_403).experiment(ExperimentKind::plain_get, caddy_403);
  scene.experiment(ExperimentKind::edge_error, go_bad_request);
  const Verdict overall = scene.judge().overall;
  EXPECT_THAT(overall.summary, StartsWith("The health document is green while the WebSocket upgrade fails."));
  EXPECT_THAT(overall.summary, HasSubstr("The proxy refused"));
  EXPECT_THAT(overall.summary, HasSubstr("the proxy has to change"));
}

TEST(Summary, does_not_say_it_otherwise) {
  Scene broken;
  broken.health(caddy_502).valid(caddy_502).invalid(caddy_502);
  EXPECT_THAT(broken.judge().overall.summary, Not(HasSubstr("green")));
  Scene healthy;
  healthy.health(green_health).valid(accepted_101).invalid(passed_403_w);
  EXPECT_THAT(healthy.judge().overall.summary, Not(HasSubstr("green")));
}

TEST(Summary, is_as_sure_as_the_verdict) {
  Scene scene;
  scene.health(green_health).valid(answer("200 OK", "Content-Type: text/html\r\n", "<!doctype html><html></html>"));
  const Verdict verdict = scene.verdict("valid-token");
  ASSERT_GE(verdict.confidence, 0.8);
  ASSERT_LT(verdict.confidence, 0.95);
  EXPECT_THAT(verdict.summary, HasSubstr("very probably"));
}

TEST(Summary, of_an_open_question_names_what_would_settle_it) {
  Scene scene;
  scene.health(green_health).valid(answer("403 Forbidden", "", ""));
  EXPECT_THAT(scene.verdict("valid-token").summary, HasSubstr("what would settle it"));
}

TEST(Summary, advises_only_what_was_not_tried) {
  Scene scene;
  scene.health(green_health)
      .valid(passed_403_w)
      .invalid(passed_403_w)
      .experiment(ExperimentKind::control_path, passed_403_w);
  scene.experiment(ExperimentKind::plain_get, plain_404);
  EXPECT_THAT(scene.verdict("valid-token").summary, HasSubstr("past the proxy"));
  scene.experiment(ExperimentKind::direct_valid, passed_403_w);
  const Verdict verdict = scene.verdict("valid-token");
  EXPECT_THAT(verdict.summary, Not(HasSubstr("past the proxy")));
  EXPECT_THAT(verdict.remedy, Not(HasSubstr("direct address")));
  for (const SupportingFact& fact : verdict.reasons) EXPECT_THAT(fact.fact, Not(HasSubstr("proxy_rewrote_path")));
}

}  // namespace
}  // namespace wsprobe::attribution::test
