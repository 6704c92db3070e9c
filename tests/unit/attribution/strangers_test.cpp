// Products that no rule was written for and no deployment was measured of, as their sources say that they answer. What
// counts is that nobody is blamed for what another wrote.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "unit/attribution/scene.hpp"

namespace wsprobe::attribution::test {
namespace {

using Kind = ExperimentKind;

const std::string date = "Date: Mon, 23 Nov 2026 02:03:46 GMT\r\n";
const std::string json = "{\"status\":\"ok\"}";

/// Which experiments come back: all of a deployment's answers.
struct Deployed {
  std::string health;
  std::string refusal;  ///< of both credentials
  std::string plain;    ///< the same URL without the Upgrade headers
  std::string version;  ///< Sec-WebSocket-Version 99
  std::string method;   ///< an unknown method
  std::string edge;     ///< two Host fields
  std::string control = refusal;
};

Verdict judge(const Deployed& deployed) {
  Scene scene;
  scene.health(deployed.health).valid(deployed.refusal).invalid(deployed.refusal);
  scene.experiment(Kind::plain_get, deployed.plain)
      .experiment(Kind::websocket_version, deployed.version)
      .experiment(Kind::unknown_method, deployed.method)
      .experiment(Kind::edge_error, deployed.edge)
      .experiment(Kind::control_path, deployed.control);
  return scene.verdict("valid-token");
}

std::string why(const Verdict& verdict) {
  std::string text = verdict.summary;
  for (const SupportingFact& fact : verdict.reasons)
    text += fmt::format("\n  {:.1f} {} {}", fact.weight, fact.supports, fact.fact);
  return text;
}

struct Row {
  const char* name;
  Deployed deployed;
  Emitter truth;
};

class Stranger : public testing::TestWithParam<Row> {};

TEST_P(Stranger, is_not_blamed_for_another) {
  const Verdict verdict = judge(GetParam().deployed);
  EXPECT_TRUE(verdict.emitter == GetParam().truth || verdict.emitter == Emitter::undetermined)
      << name(verdict.emitter) << ": " << why(verdict);
}

// Go's net/http and gorilla/websocket: what the handler set, sorted, then Date and Content-Length.
std::string go(std::string_view status, std::string_view fields, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\n{}{}Content-Length: {}\r\n\r\n{}", status, fields, date, body.size(), body);
}
const std::string go_text = "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n";
const std::string go_health = go("200 OK", "Content-Type: application/json\r\n", json);
const std::string go_401 = go("401 Unauthorized", go_text, "Unauthorized\n");
const std::string go_handshake =
    go("400 Bad Request",
       "Content-Type: text/plain; charset=utf-8\r\nSec-Websocket-Version: 13\r\nX-Content-Type-Options: nosniff\r\n",
       "Bad Request\n");

// Node's http and ws: Date, Connection and Keep-Alive behind what the program wrote; upgrades are refused by hand.
const std::string node_health = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + date +
                                "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 15\r\n\r\n" + json;
const std::string node_by_hand = "HTTP/1.1 401 Unauthorized\r\n\r\n";
const std::string node_404 = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n" + date +
                             "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 9\r\n\r\nNot Found";
const std::string node_bad_request = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

// Tomcat: one page for every status, also for requests that it cannot read.
std::string tomcat(std::string_view status, std::string_view more = "") {
  const std::string body = fmt::format(
      "<!doctype html><html lang=\"en\"><head><title>HTTP Status {0}</title></head><body><h1>HTTP Status "
      "{0}</h1></body></html>",
      status);
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/html;charset=utf-8\r\nContent-Language: en\r\nContent-Length: "
      "{}\r\n{}{}\r\n{}",
      status, body.size(), date, more, body);
}
const std::string tomcat_health =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n" + date + "\r\n" + json;

/// A plain copy by a Go proxy (Traefik and others): sorted, Date among them.
const std::string copied_health =
    "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nContent-Type: application/json\r\n" + date + "\r\n" + json;
const std::string copied_404 =
    "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nContent-Type: text/plain\r\n" + date + "\r\nNot Found";

INSTANTIATE_TEST_SUITE_P(
    WithoutAProxy, Stranger,
    testing::Values(
        Row{"go_that_checks_credentials_first",
            {go_health, go_401, go_401, go_401, go_401, go_bad_request},
            Emitter::backend},
        Row{"go_that_checks_the_handshake_first",
            {go_health, go_401, go_handshake, go_handshake, go_handshake, go_bad_request},
            Emitter::backend},
        Row{"go_with_basic_auth",
            {go_health, go("401 Unauthorized", go_text + "Www-Authenticate: Basic realm=\"x\"\r\n", "Unauthorized\n"),
             go("401 Unauthorized", go_text + "Www-Authenticate: Basic realm=\"x\"\r\n", "Unauthorized\n"),
             go("401 Unauthorized", go_text + "Www-Authenticate: Basic realm=\"x\"\r\n", "Unauthorized\n"),
             go("401 Unauthorized", go_text + "Www-Authenticate: Basic realm=\"x\"\r\n", "Unauthorized\n"),
             go_bad_request},
            Emitter::backend},
        Row{"node_that_refuses_by_hand",
            {node_health, node_by_hand, node_404, node_by_hand, node_bad_request, node_bad_request},
            Emitter::backend},
        Row{"tomcat",
            {tomcat_health, tomcat("403"), tomcat("403"), tomcat("403"), tomcat("403"),
             tomcat("400", "Connection: close\r\n")},
            Emitter::backend},
        Row{"tomcat_with_basic_auth",
            {tomcat_health, tomcat("401", "WWW-Authenticate: Basic realm=\"x\"\r\n"),
             tomcat("401", "WWW-Authenticate: Basic realm=\"x\"\r\n"),
             tomcat("401", "WWW-Authenticate: Basic realm=\"x\"\r\n"),
             tomcat("401", "WWW-Authenticate: Basic realm=\"x\"\r\n"), tomcat("400", "Connection: close\r\n")},
            Emitter::backend}),
    [](const testing::TestParamInfo<Row>& row) { return std::string(row.param.name); });

const std::string traefik_empty_401 = "HTTP/1.1 401 Unauthorized\r\n" + date + "Content-Length: 0\r\n\r\n";
const std::string traefik_403 = "HTTP/1.1 403 Forbidden\r\n" + date + "Content-Length: 9\r\n\r\nForbidden";
const std::string sorted_copy_403 =
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n" + date + "\r\nno";

INSTANTIATE_TEST_SUITE_P(
    BehindAProxyInGo, Stranger,
    testing::Values(Row{"an_application_that_writes_neither_length_nor_date",
                        {copied_health, traefik_empty_401, copied_404, traefik_empty_401, copied_404, go_bad_request},
                        Emitter::backend},
                    Row{"an_application_that_is_copied",
                        {copied_health, sorted_copy_403, copied_404, sorted_copy_403, copied_404, go_bad_request},
                        Emitter::backend},
                    Row{"a_rule_of_the_proxy",
                        {copied_health, traefik_403, traefik_403, traefik_403, traefik_403, go_bad_request, copied_404},
                        Emitter::proxy}),
    [](const testing::TestParamInfo<Row>& row) { return std::string(row.param.name); });

std::string in_lower_case(std::string answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  for (std::size_t at = answer.find("\r\n"); at < end; ++at) {
    const bool in_name = answer.find(':', at) < answer.find("\r\n", at + 2);
    if (in_name && answer[at] >= 'A' && answer[at] <= 'Z') answer[at] = static_cast<char>(answer[at] - 'A' + 'a');
  }
  return answer;
}

const std::string haproxy_400 =
    "HTTP/1.1 400 Bad request\r\nContent-length: 90\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: "
    "text/html\r\n\r\n<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n";

INSTANTIATE_TEST_SUITE_P(AnApplicationInGo, Stranger,
                         testing::Values(Row{"behind_a_proxy_that_writes_in_lower_case",
                                             {in_lower_case(go_health), in_lower_case(go_401), in_lower_case(go_401),
                                              in_lower_case(go_401), in_lower_case(go_401), haproxy_400},
                                             Emitter::backend},
                                         Row{"beside_another_application_whose_fields_are_sorted",
                                             {copied_health, go_401, go_401, go_401, go_401, haproxy_400},
                                             Emitter::backend},
                                         Row{"beside_another_application_behind_a_relay_of_bytes",
                                             {copied_health, go_401, go_401, go_401, go_401, node_bad_request},
                                             Emitter::backend}),
                         [](const testing::TestParamInfo<Row>& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace wsprobe::attribution::test
