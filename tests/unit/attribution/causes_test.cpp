// One row a cause (and more where a cause has several patterns): the answers of a deployment, and what explains them.
#include "attribution/causes.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

using Kind = ExperimentKind;

struct Row {
  const char* name;
  std::function<void(Scene&)> deploy;
  const char* step;
  Emitter emitter;
  Fault fault;
  Cause cause;
};

const std::string node_health =
    "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nContent-Type: application/json\r\nDate: Mon, 23 Nov 2026 02:03:46 "
    "GMT\r\nServer: "
    "Caddy\r\n\r\n{\"status\":\"ok\"}";
const std::string node_404_ws =
    "HTTP/1.1 404 Not Found\r\nServer: Caddy\r\nDate: Mon, 23 Nov 2026 02:03:46 GMT\r\nTransfer-Encoding: "
    "chunked\r\n\r\n0\r\n\r\n";
const std::string node_404 =
    "HTTP/1.1 404 Not Found\r\nDate: Mon, 23 Nov 2026 02:03:46 GMT\r\nServer: Caddy\r\nTransfer-Encoding: "
    "chunked\r\n\r\n0\r\n\r\n";
const std::string too_long =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 35\r\nContent-Type: text/plain\r\nDate: Mon, 23 Nov 2026 02:03:46 "
    "GMT\r\nServer: Caddy\r\n\r\nFailed to open a WebSocket connectio";
const std::string page =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 27\r\n\r\n<!doctype html><html></html>";

std::string redirect(const std::string& to) { return answer("302 Found", "Location: " + to + "\r\n", ""); }

class CauseOf : public testing::TestWithParam<Row> {};

TEST_P(CauseOf, the_pattern) {
  const Row& row = GetParam();
  Scene scene;
  row.deploy(scene);
  const Verdict verdict = scene.verdict(row.step);
  EXPECT_EQ(name(verdict.emitter), name(row.emitter)) << verdict.summary;
  EXPECT_EQ(name(verdict.fault), name(row.fault)) << verdict.summary;
  EXPECT_EQ(name(verdict.cause), name(row.cause)) << verdict.summary;
  EXPECT_FALSE(verdict.reasons.empty());
  EXPECT_FALSE(verdict.summary.empty());
  EXPECT_FALSE(verdict.remedy.empty());
  EXPECT_GE(verdict.confidence, 0);
  EXPECT_LT(verdict.confidence, 1);
}

std::string row_name(const testing::TestParamInfo<Row>& row) { return row.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Accepted, CauseOf,
    testing::Values(Row{"healthy",
                        [](Scene& s) {
                          s.health(green_health).valid(accepted_101);
                          s.last().evidence.session.emplace().ping_round_trips.push_back(Duration(1));
                          s.invalid(passed_403_w);
                        },
                        "valid-token", Emitter::backend, Fault::none, CauseId::healthy},
                    Row{"healthy_by_101_alone", [](Scene& s) { s.health(green_health).valid(accepted_101); },
                        "valid-token", Emitter::undetermined, Fault::none, CauseId::healthy},
                    Row{"invalid_refused",
                        [](Scene& s) {
                          s.health(green_health)
                              .valid(accepted_101)
                              .invalid(passed_403_w)
                              .experiment(Kind::plain_get_invalid, plain_404);
                        },
                        "invalid-token", Emitter::backend, Fault::none, CauseId::auth_rejected},
                    Row{"invalid_refused_after_accept",
                        [](Scene& s) {
                          s.health(green_health).valid(accepted_101).invalid(accepted_101);
                          s.last().outcome = Rejected{Rejected::How::close_after_101};
                        },
                        "invalid-token", Emitter::backend, Fault::none, CauseId::auth_rejected},
                    Row{"auth_bypass",
                        [](Scene& s) { s.health(green_health).valid(accepted_101).invalid(accepted_101); },
                        "invalid-token", Emitter::undetermined, Fault::backend, CauseId::auth_bypass},
                    Row{"idle_timeout",
                        [](Scene& s) {
                          s.health(green_health).valid(accepted_101);
                          s.last().evidence.session.emplace().open_for = std::chrono::seconds(60);
                          s.last().outcome = Failed{make_error(Phase::message, Reason::closed_without_close_frame)};
                        },
                        "valid-token", Emitter::undetermined, Fault::proxy, CauseId::idle_timeout},
                    Row{"cut_at_once",
                        [](Scene& s) {
                          s.health(green_health).valid(accepted_101);
                          s.last().evidence.session.emplace().open_for = std::chrono::milliseconds(200);
                          s.last().outcome = Failed{make_error(Phase::message, Reason::reset_in_session)};
                        },
                        "valid-token", Emitter::undetermined, Fault::undetermined, CauseId::connection_aborted}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Proxy, CauseOf,
    testing::Values(
        Row{"proxy_denied",
            [](Scene& s) {
              s.health(green_health).valid(caddy_403).invalid(caddy_403);
              s.experiment(Kind::plain_get, caddy_403).experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::proxy, Fault::proxy, CauseId::proxy_denied},
        Row{"proxy_denied_without_server",
            [](Scene& s) {
              s.health(green_health).valid(caddy_403_no_server).invalid(caddy_403_no_server);
              s.experiment(Kind::plain_get, caddy_403_no_server).experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::proxy, Fault::proxy, CauseId::proxy_denied},
        Row{"proxy_auth_required",
            [](Scene& s) {
              s.health(green_health)
                  .valid(
                      "HTTP/1.1 401 Unauthorized\r\nServer: Caddy\r\nWww-Authenticate: Basic realm=\"closed\"\r\nDate: "
                      "x\r\nContent-Length: 0\r\n\r\n");
              s.experiment(
                   Kind::plain_get,
                   "HTTP/1.1 401 Unauthorized\r\nServer: Caddy\r\nWww-Authenticate: Basic realm=\"closed\"\r\nDate: "
                   "x\r\nContent-Length: 0\r\n\r\n")
                  .experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::proxy, Fault::proxy, CauseId::proxy_auth_required},
        Row{"route_missing_in_the_proxy",
            [](Scene& s) {
              s.health(green_health)
                  .valid("HTTP/1.1 404 Not Found\r\nServer: Caddy\r\nDate: x\r\nContent-Length: 0\r\n\r\n");
              s.experiment(Kind::plain_get,
                           "HTTP/1.1 404 Not Found\r\nServer: Caddy\r\nDate: x\r\nContent-Length: 0\r\n\r\n")
                  .experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::proxy, Fault::proxy, CauseId::route_missing},
        Row{"no_site",
            [](Scene& s) {
              s.health(green_health).valid("HTTP/1.1 200 OK\r\nServer: Caddy\r\nDate: x\r\nContent-Length: 0\r\n\r\n");
              s.experiment(Kind::plain_get, "HTTP/1.1 200 OK\r\nServer: Caddy\r\nDate: x\r\nContent-Length: 0\r\n\r\n")
                  .experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::proxy, Fault::proxy, CauseId::route_missing},
        Row{"upstream_unreachable", [](Scene& s) { s.health(caddy_502).valid(caddy_502).invalid(caddy_502); },
            "valid-token", Emitter::proxy, Fault::undetermined, CauseId::upstream_unreachable},
        Row{"upstream_refuses_directly_too",
            [](Scene& s) {
              s.health(caddy_502).valid(caddy_502).experiment(Kind::direct_health, "");
              s.last().outcome = Failed{make_error(Phase::connect, Reason::tcp_refused)};
            },
            "valid-token", Emitter::proxy, Fault::backend, CauseId::upstream_unreachable},
        Row{"upstream_well_directly",
            [](Scene& s) { s.health(caddy_502).valid(caddy_502).experiment(Kind::direct_health, green_health); },
            "valid-token", Emitter::proxy, Fault::proxy, CauseId::upstream_unreachable},
        Row{"plain_get_reaches_the_upstream",
            [](Scene& s) { s.health(green_health).valid(caddy_502).experiment(Kind::plain_get, plain_404); },
            "valid-token", Emitter::proxy, Fault::undetermined, CauseId::undetermined},
        Row{"ended_for_the_bad_token_only",
            [](Scene& s) { s.health(green_health).valid(accepted_101).invalid(caddy_502); }, "invalid-token",
            Emitter::undetermined, Fault::undetermined, CauseId::undetermined},
        Row{"upstream_timeout",
            [](Scene& s) {
              s.health(green_health)
                  .valid("HTTP/1.1 504 Gateway Timeout\r\nServer: Caddy\r\nDate: x\r\nContent-Length: 0\r\n\r\n");
            },
            "valid-token", Emitter::proxy, Fault::backend, CauseId::upstream_timeout},
        Row{"unavailable_for_some_reason",
            [](Scene& s) {
              s.health(green_health)
                  .valid("HTTP/1.1 503 Service Unavailable\r\nServer: Caddy\r\nDate: x\r\nContent-Length: 0\r\n\r\n");
              s.experiment(Kind::plain_get,
                           "HTTP/1.1 503 Service Unavailable\r\nServer: Caddy\r\nDate: x\r\nContent-Length: 0\r\n\r\n")
                  .experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::proxy, Fault::undetermined, CauseId::undetermined},
        Row{"rate_limited", [](Scene& s) { s.health(green_health).valid(answer("429 Too Many Requests", "", "")); },
            "valid-token", Emitter::undetermined, Fault::client, CauseId::rate_limited},
        Row{"redirected_to_tls",
            [](Scene& s) { s.health(green_health).valid(redirect("https://api.example.com/api/ws")); }, "valid-token",
            Emitter::undetermined, Fault::client, CauseId::redirected},
        Row{"redirected_to_login", [](Scene& s) { s.health(green_health).valid(redirect("/login")); }, "valid-token",
            Emitter::undetermined, Fault::undetermined, CauseId::redirected},
        Row{"plain_http_on_tls",
            [](Scene& s) {
              s.health(green_health)
                  .valid("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
            },
            "valid-token", Emitter::proxy, Fault::client, CauseId::proxy_denied},
        Row{"spa_fallback", [](Scene& s) { s.health(green_health).valid(page).experiment(Kind::plain_root, page); },
            "valid-token", Emitter::undetermined, Fault::proxy, CauseId::spa_fallback}),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Application, CauseOf,
    testing::Values(
        Row{"incident",
            [](Scene& s) {
              s.health(health_not_found).valid(passed_403_w).invalid(passed_403_w);
              s.experiment(Kind::control_path, passed_403_w)
                  .experiment(Kind::plain_get, plain_404)
                  .experiment(Kind::plain_root, plain_404);
            },
            "valid-token", Emitter::backend, Fault::undetermined, CauseId::undetermined},
        Row{"incident_for_the_invalid_token",
            [](Scene& s) {
              s.health(health_not_found).valid(passed_403_w).invalid(passed_403_w);
              s.experiment(Kind::control_path, passed_403_w)
                  .experiment(Kind::plain_get, plain_404)
                  .experiment(Kind::plain_root, plain_404);
            },
            "invalid-token", Emitter::backend, Fault::undetermined, CauseId::undetermined},
        Row{"incident_with_wsproto",
            [](Scene& s) {
              s.health(health_not_found).valid(passed_403_s).invalid(passed_403_s);
              s.experiment(Kind::control_path, passed_403_s).experiment(Kind::plain_get, plain_404);
              s.experiment(Kind::plain_root, plain_404)
                  .experiment(Kind::websocket_version, answer("426 Upgrade Required", "", ""));
            },
            "valid-token", Emitter::backend, Fault::undetermined, CauseId::undetermined},
        Row{"incident_but_paths_arrive",
            [](Scene& s) {
              s.health(health_not_found).valid(passed_403_w).invalid(passed_403_w);
              s.experiment(Kind::control_path, passed_403_w)
                  .experiment(Kind::long_path, too_long)
                  .experiment(Kind::long_query, too_long)
                  .experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::backend, Fault::undetermined, CauseId::undetermined},
        Row{"path_replaced_though_health_is_green",
            [](Scene& s) {
              s.health(green_health).valid(passed_403_w).invalid(passed_403_w);
              s.experiment(Kind::control_path, passed_403_w)
                  .experiment(Kind::long_path, passed_403_w)
                  .experiment(Kind::long_query, too_long);
            },
            "valid-token", Emitter::backend, Fault::proxy, CauseId::proxy_rewrote_path},
        Row{"prefix_removed",
            [](Scene& s) {
              s.health(health_not_found)
                  .valid(passed_403_w)
                  .invalid(passed_403_w)
                  .experiment(Kind::doubled_prefix, green_health);
            },
            "valid-token", Emitter::backend, Fault::proxy, CauseId::proxy_rewrote_path},
        Row{"path_removed",
            [](Scene& s) {
              s.health(green_health)
                  .valid(passed_403_w)
                  .invalid(passed_403_w)
                  .experiment(Kind::doubled_path, accepted_101);
            },
            "valid-token", Emitter::backend, Fault::proxy, CauseId::proxy_rewrote_path},
        Row{"path_quoted",
            [](Scene& s) {
              s.health(green_health).valid(passed_403_w).invalid(passed_403_w);
              s.experiment(Kind::plain_get,
                           answer("404 Not Found", "Content-Type: text/html\r\n", "<pre>Cannot GET /index.html</pre>"));
            },
            "valid-token", Emitter::backend, Fault::proxy, CauseId::proxy_rewrote_path},
        Row{"many_explanations",
            [](Scene& s) {
              s.health(green_health)
                  .valid(passed_403_w)
                  .invalid(passed_403_w)
                  .experiment(Kind::control_path, passed_403_w);
            },
            "valid-token", Emitter::backend, Fault::undetermined, CauseId::undetermined},
        Row{"upgrade_stripped",
            [](Scene& s) {
              s.health(green_health).valid(plain_404).invalid(plain_404).experiment(Kind::plain_get, plain_404);
            },
            "valid-token", Emitter::backend, Fault::proxy, CauseId::upgrade_stripped},
        Row{"upgrade_stripped_says_the_answer",
            [](Scene& s) {
              s.health(green_health).valid(answer("400 Bad Request", "", "No WebSocket UPGRADE hdr: None"));
            },
            "valid-token", Emitter::backend, Fault::proxy, CauseId::upgrade_stripped},
        Row{"route_missing",
            [](Scene& s) {
              s.health(node_health)
                  .valid(node_404_ws)
                  .invalid(node_404_ws)
                  .experiment(Kind::control_path, node_404_ws)
                  .experiment(Kind::plain_get, node_404)
                  .experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::backend, Fault::undetermined, CauseId::undetermined},
        Row{"route_missing_past_the_proxy_too",
            [](Scene& s) {
              s.health(node_health).valid(node_404_ws).invalid(node_404_ws).experiment(Kind::control_path, node_404_ws);
              s.experiment(Kind::plain_get, node_404).experiment(Kind::direct_valid, node_404_ws);
              s.experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::backend, Fault::backend, CauseId::route_missing},
        Row{"route_missing_or_stripped",
            [](Scene& s) {
              s.health(node_health)
                  .valid(node_404)
                  .invalid(node_404)
                  .experiment(Kind::control_path, node_404)
                  .experiment(Kind::plain_get, node_404)
                  .experiment(Kind::edge_error, go_bad_request);
            },
            "valid-token", Emitter::backend, Fault::undetermined, CauseId::undetermined},
        Row{"origin_rejected",
            [](Scene& s) {
              s.health(green_health)
                  .valid(passed_403_w)
                  .invalid(passed_403_w)
                  .experiment(Kind::same_origin, accepted_101);
            },
            "valid-token", Emitter::backend, Fault::client, CauseId::origin_rejected},
        Row{"valid_credential_refused",
            [](Scene& s) {
              s.health(green_health)
                  .valid("HTTP/1.1 401 \r\nContent-Length: 0\r\n\r\n")
                  .invalid("HTTP/1.1 401 \r\nContent-Length: 0\r\n\r\n")
                  .experiment(Kind::websocket_version, answer("426 Upgrade Required", "", ""));
            },
            "valid-token", Emitter::backend, Fault::undetermined, CauseId::auth_rejected},
        Row{"backend_error",
            [](Scene& s) {
              s.health(green_health).valid("HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n");
              s.experiment(Kind::websocket_version, answer("426 Upgrade Required", "", ""));
            },
            "valid-token", Emitter::backend, Fault::backend, CauseId::backend_error},
        Row{"backend_unhealthy",
            [](Scene& s) {
              s.health(answer("200 OK", "Content-Type: application/json\r\n",
                              "{\"status\":\"ok\",\"ws\":{\"available\":false}}"));
            },
            "health", Emitter::backend, Fault::backend, CauseId::backend_unhealthy}),
    row_name);

class FailureOf : public testing::TestWithParam<Reason> {};

TEST_P(FailureOf, is_told_with_its_reason) {
  const Reason reason = GetParam();
  Scene scene;
  scene.health("").valid("");
  scene.last().outcome = Failed{make_error(Phase::connect, reason)};
  const Verdict verdict = scene.verdict("valid-token");
  EXPECT_EQ(verdict.emitter, Emitter::none);
  EXPECT_FALSE(verdict.reasons.empty());
  EXPECT_NE(verdict.summary.find(std::string(sentence(reason))), std::string::npos) << verdict.summary;
  EXPECT_FALSE(verdict.remedy.empty());
  const FailureKind kind = kind_of(reason);
  const bool named_by_reason = kind != FailureKind::closed && kind != FailureKind::protocol_error;
  EXPECT_EQ(verdict.cause.id == CauseId::transport, named_by_reason) << name(verdict.cause);
  if (kind == FailureKind::local) {
    EXPECT_EQ(verdict.fault, Fault::client);
  }
  EXPECT_NE(verdict.fault, Fault::backend);
  EXPECT_NE(verdict.fault, Fault::none);
}

INSTANTIATE_TEST_SUITE_P(Every, FailureOf, testing::ValuesIn(all_reasons().begin(), all_reasons().end()),
                         [](const testing::TestParamInfo<Reason>& row) { return std::string(name(row.param)); });

TEST(FailureFault, follows_where_the_failure_lies) {
  const auto fault_of = [](Reason reason) {
    Scene scene;
    scene.valid("");
    scene.last().outcome = Failed{make_error(Phase::connect, reason)};
    return scene.verdict("valid-token").fault;
  };
  EXPECT_EQ(fault_of(Reason::tls_expired), Fault::proxy);
  EXPECT_EQ(fault_of(Reason::tls_client_certificate), Fault::client);
  EXPECT_EQ(fault_of(Reason::tls_untrusted), Fault::undetermined);
  EXPECT_EQ(fault_of(Reason::dns_server_failure), Fault::network);
  EXPECT_EQ(fault_of(Reason::tcp_unreachable), Fault::network);
  EXPECT_EQ(fault_of(Reason::tcp_refused), Fault::undetermined);
}

}  // namespace
}  // namespace wsprobe::attribution::test
