// Configurations that grow while they are followed, or take long in another way: an answer comes all the same, and
// soon.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/bounds.hpp"
#include "lint/lint.hpp"

namespace wsprobe::lint {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Result linted(std::vector<Source> sources) {
  Question question;
  question.host = "app.lab.test";
  question.port = 443;
  Result result = lint(sources, question);
  for (const Problem& problem : result.problems) ADD_FAILURE() << problem.at.line << ": " << problem.message;
  return result;
}

Result linted(SourceKind kind, std::string text) { return linted({{"configuration", std::move(text), kind, false}}); }

/// `line` with {0} as each number below `count`, and {1} as the next one.
std::string repeated(int count, std::string_view line) {
  std::string out;
  for (int number = 0; number < count; ++number) out += fmt::format(fmt::runtime(line), number, number + 1);
  return out;
}

std::string apache_host(std::string_view inside) {
  return fmt::format("<VirtualHost *:443>\nServerName app.lab.test\n{}</VirtualHost>\n", inside);
}

std::string nginx_server(std::string_view inside) {
  return fmt::format("server {{\nlisten 443 ssl;\nserver_name app.lab.test;\n{}}}\n", inside);
}

std::string haproxy_frontend(std::string_view inside) {
  return fmt::format(
      "frontend f\n mode http\n bind :443 ssl crt x\n{} default_backend b\nbackend b\n mode http\n server s app:8000\n",
      inside);
}

TEST(Bounds, VariablesOfVariablesInApache) {
  const Result result =
      linted(SourceKind::apache, repeated(60, "Define v{0} ${{v{1}}}${{v{1}}}\n") +
                                     apache_host("ProxyPass / http://app:8000/${v0}/ upgrade=websocket\n"));
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings.front().rule, Rule::rewrite_before_proxy);
}

TEST(Bounds, VariablesOfVariablesInNginx) {
  const Result result =
      linted(SourceKind::nginx, nginx_server("set $v0 abcd;\n" + repeated(60, "set $v{1} $v{0}$v{0};\n") +
                                             "location / {\nrewrite ^ /$v60 break;\n"
                                             "proxy_pass http://app:8000;\n}\n"));
  ASSERT_THAT(result.traces, SizeIs(1));
  EXPECT_LE(result.traces.front().path.size(), longest_value + 1);
}

TEST(Bounds, APathThatReplacesItself) {
  const Result result =
      linted(SourceKind::caddyfile,
             "app.lab.test {\nroute {\n" + repeated(60, "uri replace a aaaaaaaa\n") + "reverse_proxy app:8000\n}\n}\n");
  ASSERT_THAT(result.traces, SizeIs(1));
  EXPECT_EQ(result.traces.front().path.size(), longest_value);
  EXPECT_THAT(result.findings, Contains(testing::Field(&Finding::rule, Rule::rewrite_before_proxy)));
}

TEST(Bounds, AFormatThatDoublesThePath) {
  const Result result =
      linted(SourceKind::haproxy, haproxy_frontend(repeated(60, " http-request set-path %[path]%[path]\n")));
  ASSERT_THAT(result.traces, SizeIs(1));
  EXPECT_EQ(result.traces.front().ending, Ending::undetermined);
}

TEST(Bounds, GroupsThatAreNamedAMillionTimes) {
  std::string groups;
  for (int number = 0; number < 500'000; ++number) groups += "$1";
  const Result result = linted(SourceKind::apache, apache_host("RewriteEngine on\nRewriteRule ^(.*)$ /" + groups +
                                                               "\nProxyPass / http://app:8000/ upgrade=websocket\n"));
  ASSERT_THAT(result.traces, SizeIs(1));
  EXPECT_LT(result.traces.front().path.size(), 2 * longest_value);
}

TEST(Bounds, FilesThatIncludeEachOther) {
  std::string first = "Listen 443\n";
  std::string second;
  for (int number = 0; number < 10; ++number) {
    first += "Include b.conf\n";
    second += "Include c.conf\n";
  }
  std::string third = second;
  third.replace(third.find("c.conf"), 6, "b.conf");
  const std::string host = apache_host("ProxyPass / http://app:8000/ upgrade=websocket\n");
  const Result result = linted({{"a.conf", first + host, SourceKind::apache, false},
                                {"b.conf", second, SourceKind::apache, false},
                                {"c.conf", third + second, SourceKind::apache, false}});
  EXPECT_THAT(result.notes, Contains(HasSubstr("the rest was not read")));
}

TEST(Bounds, ListsThatAreAskedManyTimes) {
  const Result result =
      linted(SourceKind::haproxy, haproxy_frontend(repeated(20'000, " acl a path_beg /x{0}\n") +
                                                   repeated(3'000, " http-request deny if a !a a\n")));
  ASSERT_THAT(result.traces, SizeIs(1));
  EXPECT_EQ(result.traces.front().ending, Ending::undetermined);
}

TEST(Bounds, ManySites) {
  const Result caddy = linted(SourceKind::caddyfile, repeated(50'000, "a{0}.lab.test {{\nrespond {1}\n}}\n") +
                                                         "app.lab.test {\nreverse_proxy app:8000\n}\n");
  EXPECT_THAT(caddy.findings, IsEmpty());
  EXPECT_THAT(caddy.traces, SizeIs(1));
  const Result labels =
      linted(SourceKind::labels, repeated(50'000, "caddy_{0}=a{0}.lab.test\ncaddy_{0}.respond={1}\n") +
                                     "caddy=app.lab.test\ncaddy.reverse_proxy=app:8000\n");
  EXPECT_THAT(labels.findings, IsEmpty());
  EXPECT_THAT(labels.traces, SizeIs(1));
  const Result haproxy =
      linted(SourceKind::haproxy, haproxy_frontend(repeated(20'000, " use_backend b if {{ path /x{0} }}\n")));
  EXPECT_THAT(haproxy.findings, IsEmpty());
  EXPECT_THAT(haproxy.traces, SizeIs(1));
}

TEST(Bounds, ManyFindings) {
  const Result result = linted(SourceKind::caddyfile, repeated(20'000, "app.lab.test {{\nreverse_proxy app:{0}\n}}\n"));
  EXPECT_THAT(result.findings, SizeIs(most_findings));
  EXPECT_THAT(result.notes, Contains(HasSubstr("findings or more")));
}

// A variable that is set anew does not keep what it was.
TEST(HaproxyVariables, AreSetAndUnset) {
  const auto path_with = [](std::string_view rules) {
    return linted(SourceKind::haproxy,
                  haproxy_frontend(fmt::format(" http-request set-var(txn.a) str(/one)\n{} http-request set-path "
                                               "%[var(txn.a)]\n",
                                               rules)))
        .traces.at(0);
  };
  EXPECT_EQ(path_with("").path, "/one");
  EXPECT_EQ(path_with(" http-request set-var-fmt(txn.a) /two%[path]\n").path, "/two/api/ws");
  EXPECT_EQ(path_with(" http-request unset-var(txn.a)\n").ending, Ending::undetermined);
  EXPECT_EQ(path_with(" http-request set-var(txn.a) str(/two) if { src 10.0.0.1 }\n").ending, Ending::undetermined);
}

}  // namespace
}  // namespace wsprobe::lint
