#include "app/options.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

using Arguments = std::vector<std::string>;

template <typename Options>
Options parsed(const Arguments& arguments) {
  auto command = parse_arguments(arguments);
  if (!command) {
    ADD_FAILURE() << command.error().message;
    return {};
  }
  return std::get<Options>(std::move(*command));
}

UsageError refused(const Arguments& arguments) {
  auto command = parse_arguments(arguments);
  if (command) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return command.error();
}

TEST(Options, RunTakesFilesAndDefaults) {
  const auto options = parsed<RunOptions>({"run", "a.yaml", "b.yaml"});
  EXPECT_THAT(options.files, ElementsAre("a.yaml", "b.yaml"));
  EXPECT_EQ(options.output.format, Format::human);
  EXPECT_EQ(options.output.verbosity, Verbosity::normal);
  EXPECT_EQ(options.probe.experiments, engine::Experiments::when_needed);
  EXPECT_EQ(options.probe.connect.tls.verify, net::Verify::full);
  EXPECT_FALSE(options.probe.timeout);
}

TEST(Options, RepeatableOptionsTakeOneValueEach) {
  const auto options = parsed<RunOptions>({"run", "--resolve", "h:80:127.0.0.1", "--resolve", "h:81:127.0.0.1", "-H",
                                           "A: b", "-HC: d", "--connect-to", "a:1:b:2", "file.yaml"});
  EXPECT_EQ(options.probe.connect.resolve.size(), 2U);
  EXPECT_EQ(options.probe.connect.connect_to.size(), 1U);
  ASSERT_EQ(options.probe.headers.size(), 2U);
  EXPECT_EQ(options.probe.headers[1].value, "d");
  EXPECT_THAT(options.files, ElementsAre("file.yaml"));
}

TEST(Options, LastValueCounts) {
  const auto options = parsed<RunOptions>({"run", "x", "--timeout", "1s", "--timeout", "2"});
  EXPECT_EQ(options.probe.timeout, Duration(2s));
}

TEST(Options, CurlsOptionsHaveCurlsMeaning) {
  const auto options = parsed<RunOptions>({"run", "x", "-k", "-4", "--connect-timeout", "1.5", "--cacert", "/dev/null",
                                           "-E", "/dev/null", "--key", "/dev/null"});
  EXPECT_EQ(options.probe.connect.tls.verify, net::Verify::none);
  EXPECT_EQ(options.probe.connect.family, net::AddressFamily::ipv4);
  EXPECT_EQ(options.probe.connect.connect_timeout, Duration(1500ms));
  EXPECT_EQ(options.probe.connect.tls.ca_file, "/dev/null");
  EXPECT_EQ(options.probe.connect.tls.certificate_file, "/dev/null");
  EXPECT_EQ(options.probe.connect.tls.key_file, "/dev/null");
}

TEST(Options, DiagnoseTakesAUrl) {
  const auto options =
      parsed<DiagnoseOptions>({"diagnose", "wss://h:8443/ws?room=1", "--token-env", "T", "--token-cookie", "sid",
                               "--direct", "ws://10.0.0.5:8000", "--no-experiments"});
  EXPECT_EQ(options.url.host, "h");
  EXPECT_EQ(options.url.port, 8443);
  EXPECT_EQ(options.url.query, "room=1");
  EXPECT_EQ(options.token_place.kind, TokenPlace::Kind::cookie);
  EXPECT_EQ(options.token_place.name, "sid");
  ASSERT_EQ(options.direct.size(), 1U);
  EXPECT_EQ(options.direct.front().url.port, 8000);
  EXPECT_EQ(options.probe.experiments, engine::Experiments::never);
}

TEST(Options, DirectMayBeGivenHopByHop) {
  const auto options = parsed<DiagnoseOptions>(
      {"diagnose", "wss://h/ws", "--direct", "ws://outer:1", "--direct", "ws://inner:2", "--direct=ws://app:3"});
  std::vector<std::string> hosts;
  for (const DirectOption& direct : options.direct) hosts.push_back(direct.url.host);
  EXPECT_THAT(hosts, ElementsAre("outer", "inner", "app"));
}

TEST(Options, WitnessesMaySayWhoseLogTheyAre) {
  const auto options = parsed<DiagnoseOptions>({"diagnose", "wss://h/ws", "--witness-file", "/dev/null",
                                                "--witness-file", "proxy=/dev/null", "--witness-command",
                                                "backend=docker logs --since '1 m' app", "--witness-command", "cat x"});
  ASSERT_EQ(options.witnesses.size(), 4U);
  // Files and commands each in their order; CLI11 hands over one option after the other.
  EXPECT_EQ(options.witnesses[0].file, "/dev/null");
  EXPECT_EQ(options.witnesses[0].owner, LogOwner::unknown);
  EXPECT_EQ(options.witnesses[1].owner, LogOwner::proxy);
  EXPECT_EQ(options.witnesses[2].owner, LogOwner::backend);
  EXPECT_THAT(options.witnesses[2].argv, ElementsAre("docker", "logs", "--since", "1 m", "app"));
  EXPECT_THAT(options.witnesses[3].argv, ElementsAre("cat", "x"));
}

TEST(Options, TheSternerOfTwoLimitsOnExperimentsCounts) {
  using engine::Experiments;
  EXPECT_EQ(parsed<DiagnoseOptions>({"diagnose", "ws://a", "--gentle"}).probe.experiments, Experiments::gentle);
  EXPECT_EQ(parsed<RunOptions>({"run", "x", "--no-experiments", "--gentle"}).probe.experiments, Experiments::never);
  EXPECT_EQ(parsed<DemoOptions>({"demo", "--gentle", "--no-experiments"}).experiments, Experiments::never);
}

TEST(Options, EveryAddressMayBeAsked) {
  EXPECT_EQ(parsed<RunOptions>({"run", "x"}).probe.resolve, scenario::Resolve::first);
  EXPECT_EQ(parsed<RunOptions>({"run", "x", "--resolve-all"}).probe.resolve, scenario::Resolve::all);
  EXPECT_EQ(parsed<DiagnoseOptions>({"diagnose", "ws://a", "--resolve-all"}).probe.resolve, scenario::Resolve::all);
}

TEST(Options, HopsAndWitnessesAreBounded) {
  Arguments arguments{"diagnose", "wss://h/ws"};
  for (int hop = 0; hop < 9; ++hop) arguments.insert(arguments.end(), {"--direct", "ws://a"});
  EXPECT_EQ(refused(arguments).message, "--direct: more than 8 hops");
  arguments.resize(2);
  for (int log = 0; log < 9; ++log) arguments.insert(arguments.end(), {"--witness-file", "/dev/null"});
  EXPECT_EQ(refused(arguments).message, "--witness-file: more than 8 witnesses");
}

TEST(Options, ExplainTakesWordsReportsAndProducts) {
  const auto options = parsed<ExplainOptions>(
      {"explain", "a.json", "--without-signatures", "nginx", "--without-signatures", "caddy", "b.json"});
  EXPECT_THAT(options.subjects, ElementsAre("a.json", "b.json"));
  EXPECT_THAT(options.without_signatures, ElementsAre("nginx", "caddy"));
  EXPECT_TRUE(parsed<ExplainOptions>({"explain"}).subjects.empty());
  EXPECT_EQ(refused({"explain", "--without-signatures", "ngnix"}).help, "did you mean `nginx`?");
}

TEST(Options, DemoDefaultsToTheIncident) {
  EXPECT_EQ(parsed<DemoOptions>({"demo"}).incident, demo::Incident::try_files);
  EXPECT_EQ(parsed<DemoOptions>({"demo", "proxy-403"}).incident, demo::Incident::proxy_403);
}

TEST(Options, CheckMayGoWithoutCredentials) {
  EXPECT_EQ(parsed<CheckOptions>({"check", "x"}).credentials, scenario::Credentials::required);
  EXPECT_EQ(parsed<CheckOptions>({"check", "--without-credentials", "x"}).credentials, scenario::Credentials::optional);
}

TEST(Options, HelpHasExamplesForEveryCommand) {
  for (const char* command : {"run", "check", "diagnose", "demo", "explain"}) {
    EXPECT_THAT(parsed<PrintText>({command, "--help"}).text, HasSubstr("Examples:\n")) << command;
  }
  EXPECT_THAT(parsed<PrintText>({"--help"}).text, HasSubstr("diagnose"));
  EXPECT_THAT(parsed<PrintText>({"--version"}).text, testing::StartsWith("wsprobe "));
}

// ---- refusals: message and help, exactly ----

struct RefusalCase {
  const char* name;
  Arguments arguments;
  const char* message;
  const char* help;
};

class Refusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(Refusal, SaysWhatAndWhatInstead) {
  const UsageError error = refused(GetParam().arguments);
  EXPECT_EQ(error.message, GetParam().message);
  EXPECT_EQ(error.help, GetParam().help);
}

INSTANTIATE_TEST_SUITE_P(
    All, Refusal,
    testing::Values(
        RefusalCase{"no_command",
                    {},
                    "a command is needed",
                    "commands: run, check, diagnose, demo, explain, lint, serve; see `wsprobe --help`"},
        RefusalCase{"unknown_command", {"dignose"}, "`dignose` is not a command", "did you mean `diagnose`?"},
        RefusalCase{"far_command",
                    {"brew"},
                    "`brew` is not a command",
                    "commands: run, check, diagnose, demo, explain, lint, serve"},
        RefusalCase{"unknown_option",
                    {"run", "--tiemout", "1s", "x"},
                    "unknown option `--tiemout`",
                    "did you mean `--timeout`?"},
        RefusalCase{
            "far_option", {"run", "--zzz", "x"}, "unknown option `--zzz`", "`wsprobe run --help` lists the options"},
        RefusalCase{"format",
                    {"run", "--format", "xml", "x"},
                    "--format: `xml` is not a format",
                    "allowed: human, json, junit, nagios, prometheus"},
        RefusalCase{"no_file", {"run"}, "`run` needs a FILE", "see `wsprobe run --help`"},
        RefusalCase{"no_url", {"diagnose"}, "`diagnose` needs a WS_URL", "see `wsprobe diagnose --help`"},
        RefusalCase{"no_value", {"run", "x", "--timeout"}, "--timeout needs a value: TIME", ""},
        RefusalCase{"two_urls", {"diagnose", "ws://a", "ws://b"}, "one argument too many", ""},
        RefusalCase{"token_on_the_command_line",
                    {"diagnose", "ws://a", "--token", "x"},
                    "a token on the command line can be read by others on this machine",
                    "use --token-file FILE or --token-env VAR"},
        RefusalCase{"both_families", {"run", "x", "-4", "-6"}, "--ipv4 and --ipv6 cannot be given together", ""},
        RefusalCase{"key_without_certificate", {"run", "x", "--key", "/dev/null"}, "--key needs --cert as well", ""},
        RefusalCase{"two_tokens",
                    {"diagnose", "ws://a", "--token-env", "T", "--token-file", "/dev/null"},
                    "--token-file and --token-env cannot be given together",
                    ""},
        RefusalCase{"unreadable_file",
                    {"run", "x", "--cacert", "/nonexistent"},
                    "--cacert: cannot be read: No such file or directory",
                    ""},
        RefusalCase{"witness_not_there",
                    {"diagnose", "ws://a", "--witness-file", "backend=/nonexistent"},
                    "--witness-file: cannot be read: No such file or directory",
                    "whose log it is may be said first: proxy=..., backend=..."},
        RefusalCase{"witness_for_a_shell",
                    {"diagnose", "ws://a", "--witness-command", "docker logs app | tail"},
                    "--witness-command: `|` means nothing here: the command is run without a shell (quote it to pass "
                    "it on)",
                    "whose log it is may be said first: proxy=..., backend=..."},
        RefusalCase{"witness_with_an_open_quote",
                    {"diagnose", "ws://a", "--witness-command", "proxy=docker logs 'app"},
                    "--witness-command: a ' is not closed",
                    "whose log it is may be said first: proxy=..., backend=..."},
        RefusalCase{"second_direct_wrong",
                    {"diagnose", "ws://a", "--direct", "ws://b", "--direct", "http://c"},
                    "--direct: the URL has to begin with ws:// or wss://, not `http://`",
                    ""},
        RefusalCase{"incident",
                    {"demo", "flood"},
                    "`flood` is not an incident",
                    "allowed: healthy, try-files, wrong-token, proxy-403, upgrade-stripped, backend-down"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Options, UrlHasToBeAWebSocketsUrl) {
  const UsageError error = refused({"diagnose", "https://h/ws"});
  EXPECT_EQ(error.value, "https://h/ws");
  EXPECT_EQ(error.help, "expected ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH");
  EXPECT_FALSE(parse_arguments(Arguments{"diagnose", "wss://h:70000/ws"}));
  EXPECT_FALSE(parse_arguments(Arguments{"diagnose", "wss://user:hunter2@h/ws"}));
}

}  // namespace
}  // namespace wsprobe::app
