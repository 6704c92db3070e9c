// One row a rule: the bytes of a refusal, and which way they point.
#include "attribution/lines.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

struct Row {
  const char* name;
  std::string health;
  std::string refusal;
  int points;  ///< 1: the backend, -1: the proxy, 0: nowhere
};

const std::string html = "Content-Type: text/html\r\n";
const std::string nginx = "Server: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 02:03:46 GMT\r\n";
const std::string nginx_health =
    "HTTP/1.1 200 OK\r\n" + nginx +
    "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}";

double weight_of(const Row& row) {
  Scene scene;
  scene.health(row.health).valid(row.refusal);
  return signature_weight(*scene.pattern("valid-token").subject, scene.pattern("valid-token"));
}

class SignatureRule : public testing::TestWithParam<Row> {};

TEST_P(SignatureRule, points_at_the_author) {
  const double weight = weight_of(GetParam());
  const int points = weight > 0 ? 1 : weight < 0 ? -1 : 0;
  EXPECT_EQ(points, GetParam().points) << weight;
}

INSTANTIATE_TEST_SUITE_P(
    Backends, SignatureRule,
    testing::Values(
        Row{"empty_reason", "", "HTTP/1.1 403 \r\ncontent-length: 0\r\n\r\n", 1},
        Row{"empty_chunks", "", "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1},
        Row{"no_length_at_all", "", "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n", 1},
        Row{"handshake_words", "", answer("400 Bad Request", "Sec-WebSocket-Version: 13\r\n", "x"), 1},
        Row{"python_websockets", "", answer("403 Forbidden", "Server: Python/3.12 websockets/13.0\r\n", ""), 1},
        Row{"websockets_words", "",
            answer("400 Bad Request", "", "Failed to open a WebSocket connection: missing Upgrade header.\n"), 1},
        Row{"aiohttp", "", answer("403 Forbidden", "Content-Type: text/plain; charset=utf-8\r\n", "403: Forbidden"), 1},
        Row{"starlette_404", "", plain_404, 1},
        Row{"express", "", answer("404 Not Found", html, "<!DOCTYPE html>\n<pre>Cannot GET /api/ws</pre>"), 1},
        Row{"engine_io", "",
            answer("400 Bad Request", "Content-Type: application/json\r\n",
                   "{\"code\":0,\"message\":\"Transport unknown\"}"),
            1},
        Row{"tornado", "",
            answer("403 Forbidden", html, "<html><title>403: Forbidden</title><body>403: Forbidden</body></html>"), 1},
        Row{"node_ws", "",
            "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: "
            "12\r\n\r\nUnauthorized",
            1},
        Row{"copied_by_caddy", green_health, passed_403_s, 1},
        Row{"copied_by_nginx", nginx_health,
            "HTTP/1.1 403 Forbidden\r\n" + nginx + "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n", 1},
        Row{"envoy_upstream", "", answer("403 Forbidden", "server: envoy\r\nx-envoy-upstream-service-time: 3\r\n", ""),
            1},
        Row{"kong_upstream", "", answer("403 Forbidden", "X-Kong-Upstream-Latency: 3\r\n", ""), 1},
        Row{"proxy_status_received", "", answer("403 Forbidden", "Proxy-Status: edge; received-status=403\r\n", ""),
            1}),
    [](const testing::TestParamInfo<Row>& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Proxies, SignatureRule,
    testing::Values(
        Row{"made_by_caddy", green_health, caddy_403, -1},
        Row{"made_by_a_nameless_caddy", green_health, caddy_403_no_server, -1},
        Row{"nginx_page", "",
            answer("403 Forbidden", html, "<html>\r\n<body>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"),
            -1},
        Row{"nginx_file", nginx_health,
            "HTTP/1.1 403 Forbidden\r\n" + nginx + html +
                "Content-Length: 3\r\nConnection: keep-alive\r\nETag: \"6b039f72-3\"\r\n\r\nabc",
            -1},
        Row{"haproxy_page", "",
            answer("403 Forbidden", "cache-control: no-cache\r\n" + html,
                   "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"),
            -1},
        Row{"apache_page", "",
            answer(
                "403 Forbidden", html,
                "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>403 Forbidden</title>\n"),
            -1},
        Row{"varnish", "",
            answer("503 Backend fetch failed", html,
                   "<h1>Error 503</h1><h3>Guru Meditation:</h3><p>Varnish cache server</p>"),
            -1},
        Row{"squid", "", answer("403 Forbidden", "X-Squid-Error: ERR_ACCESS_DENIED 0\r\n", "x"), -1},
        Row{"envoy_rbac", "", answer("403 Forbidden", "server: envoy\r\n", "RBAC: access denied"), -1},
        Row{"envoy_without_upstream", green_health, answer("403 Forbidden", "server: envoy\r\n", ""), -1},
        Row{"kong_no_route", "", answer("404 Not Found", "", "{\"message\":\"no Route matched with those values\"}"),
            -1},
        Row{"cloud_load_balancer", green_health, answer("403 Forbidden", "Server: awselb/2.0\r\n", ""), -1},
        Row{"proxy_status_error", "", answer("502 Bad Gateway", "Proxy-Status: edge; error=connection_refused\r\n", ""),
            -1},
        Row{"basic_challenge", "", answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"closed\"\r\n", "no"),
            -1}),
    [](const testing::TestParamInfo<Row>& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(Nobody, SignatureRule,
                         testing::Values(Row{"bare", "", answer("403 Forbidden", "", ""), 0},
                                         Row{"a_known_name_is_no_proof", "",
                                             answer("403 Forbidden", "Server: uvicorn\r\n", "no"), 0},
                                         // A third Server points at a service that the proxy asked.
                                         Row{"stranger", green_health,
                                             "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nServer: "
                                             "Caddy\r\nServer: authsvc\r\nDate: Mon, 23 Nov 2026 02:03:46 GMT\r\n\r\n",
                                             0},
                                         Row{"file_of_caddy", green_health,
                                             "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nEtag: \"x\"\r\nServer: "
                                             "Caddy\r\nDate: Mon, 23 Nov 2026 02:03:46 GMT\r\n\r\n",
                                             0}),
                         [](const testing::TestParamInfo<Row>& row) { return std::string(row.param.name); });

TEST(Signature, order_is_silent_where_the_application_is_written_in_go_itself) {
  // Nothing between, or something that passes bytes: health and refusal both end in Go's own Date and length.
  const std::string tail = "Date: Mon, 23 Nov 2026 02:03:46 GMT\r\nContent-Length: 2\r\n\r\n{}";
  const std::string health = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + tail;
  const std::string refusal =
      "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n" + tail;
  EXPECT_EQ(weight_of({"", health, refusal, 0}), 0);
}

TEST(Signature, order_is_silent_where_the_proxy_writes_one_order_for_all) {
  const std::string denied = "HTTP/1.1 403 Forbidden\r\n" + nginx +
                             "Content-Type: text/plain\r\nContent-Length: 9\r\nConnection: keep-alive\r\n\r\nForbidden";
  EXPECT_EQ(weight_of({"", nginx_health, denied, 0}), 0);
}

TEST(Signature, a_copied_refusal_may_be_that_of_an_authentication_service) {
  Scene scene;
  scene.health(green_health).valid(passed_403_s);
  const Findings before = signature(scene.pattern("valid-token"));
  ASSERT_EQ(before.size(), 1U);
  EXPECT_LT(before[0].weight, 1.5);
  scene.experiment(ExperimentKind::plain_get, plain_404);
  const Findings after = signature(scene.pattern("valid-token"));
  ASSERT_EQ(after.size(), 1U);
  EXPECT_GT(after[0].weight, 1.5);
}

}  // namespace
}  // namespace wsprobe::attribution::test
