#include "scenario/loader.hpp"

#include <gtest/gtest.h>

#include "unit/scenario/fake_environment.hpp"

namespace wsprobe::scenario {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view head = "scenario: a\ntarget: {edge: \"wss://example.com\"}\n";

tl::expected<Scenario, std::vector<Diagnostic>> load(const std::string& text,
                                                     Credentials credentials = Credentials::required) {
  return load_text(text, "a.yaml", fake_environment(), credentials);
}

/// The scenario, or a failed test.
Scenario loaded(const std::string& body) {
  auto result = load(std::string(head) + body);
  EXPECT_TRUE(result) << render_all(result.error());
  return result ? *std::move(result) : Scenario{};
}

UpgradeStep upgrade(const std::string& flow, const std::string& before = "") {
  const Scenario scenario = loaded(before + "steps: [upgrade: {path: /ws, " + flow + "}]\n");
  return scenario.steps.empty() ? UpgradeStep{} : std::get<UpgradeStep>(scenario.steps.front());
}

constexpr const char* token = "credentials: {valid: {env: TOKEN}}\n";

TEST(Loader, GivesDefaultsWhereTheFileSaysNothing) {
  const Scenario scenario = loaded("steps:\n  - upgrade: {path: /ws}\n");
  EXPECT_EQ(scenario.name, "a");
  EXPECT_EQ(scenario.edge.host, "example.com");
  EXPECT_EQ(scenario.edge.port, 443);
  EXPECT_FALSE(scenario.direct);
  EXPECT_FALSE(scenario.frontend);
  EXPECT_EQ(scenario.every, seconds(30));
  EXPECT_EQ(scenario.timeout, seconds(10));
  EXPECT_EQ(scenario.experiments, Experiments::when_needed);
  EXPECT_EQ(scenario.resolve, Resolve::first);
  EXPECT_TRUE(scenario.hops.empty());
  EXPECT_TRUE(scenario.witnesses.empty());
  EXPECT_TRUE(scenario.valid.empty());
  EXPECT_EQ(scenario.invalid.reveal(), "wsprobe-invalid-0123456789abcdef");
  EXPECT_FALSE(scenario.invalid.has_secret());
  EXPECT_TRUE(scenario.secrets.empty());
  const auto& step = std::get<UpgradeStep>(scenario.steps.at(0));
  EXPECT_EQ(step.name, "upgrade");
  EXPECT_EQ(step.expect.answer, Expected::accepted);
  EXPECT_EQ(step.credential, CredentialUse::none);
  EXPECT_EQ(step.close_code, 1000);
  EXPECT_EQ(step.hold, Duration{});
}

TEST(Loader, ReadsTheWholeTop) {
  const Scenario scenario = loaded(
      "every: 1m30s\ntimeout: 500ms\nexperiments: false\nlabels: {team: web, build: 7, on: \"yes\"}\nsteps: "
      "[health]\n");
  EXPECT_EQ(scenario.every, seconds(90));
  EXPECT_EQ(scenario.timeout, milliseconds(500));
  EXPECT_EQ(scenario.experiments, Experiments::never);
  EXPECT_EQ(scenario.labels, (std::map<std::string, std::string>{{"team", "web"}, {"build", "7"}, {"on", "yes"}}));
}

TEST(Loader, ReadsAllTargets) {
  const auto result = load(
      "scenario: a\ntarget: {edge: \"wss://E.example:8443/base\", direct: \"ws://[::1]:8000\", frontend: "
      "https://e.example}\n"
      "steps: [health]\n");
  ASSERT_TRUE(result) << render_all(result.error());
  EXPECT_EQ(result->edge.display(), "wss://e.example:8443/base");
  EXPECT_EQ(result->direct->authority(), "[::1]:8000");
  EXPECT_EQ(result->frontend->display(), "https://e.example/");
}

TEST(Loader, ReadsHopsInTheOrderOfTheWayIn) {
  const auto result = load(
      "scenario: a\ntarget: {edge: \"wss://e\", direct: [\"ws://outer:1\", \"ws://inner:2\", \"ws://app:3\"]}\n"
      "steps: [health]\n");
  ASSERT_TRUE(result) << render_all(result.error());
  ASSERT_EQ(result->hops.size(), 2U);
  EXPECT_EQ(result->hops[0].host, "outer");
  EXPECT_EQ(result->hops[1].host, "inner");
  EXPECT_EQ(result->direct->host, "app");
}

TEST(Loader, TakesAListOfOneForTheApplication) {
  const auto result = load("scenario: a\ntarget: {edge: \"wss://e\", direct: [\"ws://app:3\"]}\nsteps: [health]\n");
  ASSERT_TRUE(result) << render_all(result.error());
  EXPECT_TRUE(result->hops.empty());
  EXPECT_EQ(result->direct->host, "app");
}

TEST(Loader, ReadsHowMuchARunMayAsk) {
  EXPECT_EQ(loaded("experiments: gentle\nsteps: [health]\n").experiments, Experiments::gentle);
  EXPECT_EQ(loaded("experiments: true\nsteps: [health]\n").experiments, Experiments::when_needed);
  EXPECT_EQ(loaded("resolve: all\nsteps: [health]\n").resolve, Resolve::all);
  EXPECT_EQ(loaded("resolve: first\nsteps: [health]\n").resolve, Resolve::first);
}

TEST(Loader, ReadsWhetherHttp2IsAskedFor) {
  const std::string upgrade = "steps: [upgrade: {path: /ws}]\n";
  EXPECT_EQ(loaded(upgrade).over_http2, OverHttp2::never);
  EXPECT_EQ(loaded("http2: false\n" + upgrade).over_http2, OverHttp2::never);
  EXPECT_EQ(loaded("http2: true\n" + upgrade).over_http2, OverHttp2::as_browsers_do);
}

TEST(Loader, ReadsWitnesses) {
  const auto result = load_text(
      std::string(head) +
          "witness:\n  - {file: backend.log, of: backend}\n  - file: /var/log/proxy.log\n"
          "  - {command: \"docker logs --since '1 m' app\", of: proxy}\n  - command: [ssh, host, 'cat /a | tail', 3]\n"
          "steps: [health]\n",
      "/etc/scenarios/probe.yaml", fake_environment(), Credentials::required);
  ASSERT_TRUE(result) << render_all(result.error());
  const auto& witnesses = result->witnesses;
  ASSERT_EQ(witnesses.size(), 4U);
  EXPECT_EQ(witnesses[0].file, "/etc/scenarios/backend.log");
  EXPECT_EQ(witnesses[0].owner, LogOwner::backend);
  EXPECT_EQ(witnesses[1].file, "/var/log/proxy.log");
  EXPECT_EQ(witnesses[1].owner, LogOwner::unknown);
  EXPECT_EQ(witnesses[2].argv, (std::vector<std::string>{"docker", "logs", "--since", "1 m", "app"}));
  EXPECT_EQ(witnesses[2].owner, LogOwner::proxy);
  EXPECT_EQ(witnesses[3].argv, (std::vector<std::string>{"ssh", "host", "cat /a | tail", "3"}));
  EXPECT_TRUE(witnesses[3].file.empty());
}

TEST(Loader, TakesAStepByItsKindAlone) {
  const Scenario scenario = loaded("steps:\n  - health\n  - health:\n  - health: {}\n");
  ASSERT_EQ(scenario.steps.size(), 3U);
  for (const Step& step : scenario.steps) EXPECT_EQ(std::get<HealthStep>(step).path, "/api/system/health");
}

TEST(Loader, MakesDefaultNamesUniqueAndLeavesGivenOnes) {
  const Scenario scenario = loaded(
      "steps:\n  - upgrade: {path: /a}\n  - upgrade: {path: /b}\n  - upgrade: {path: /c, name: upgrade-2}\n"
      "  - health\n  - http: {path: /d}\n");
  std::vector<std::string> names;
  for (const Step& step : scenario.steps)
    names.push_back(std::visit([](const auto& known) { return known.name; }, step));
  EXPECT_EQ(names, (std::vector<std::string>{"upgrade", "upgrade-3", "upgrade-2", "health", "http"}));
}

TEST(Loader, ReadsAnHttpStep) {
  const Scenario scenario =
      loaded(std::string(token) +
             "steps:\n  - http:\n      name: beacon\n      method: POST\n      path: /api/ops\n"
             "      query: {since: 1h, n: 3}\n      headers: {Authorization: \"Bearer ${valid}\"}\n"
             "      body: '{\"t\": \"${valid}\"}'\n"
             "      expect: {status: [200, 204], json: {/a: ok}, body_contains: fine}\n");
  const auto& step = std::get<HttpStep>(scenario.steps.at(0));
  EXPECT_EQ(step.method, "POST");
  EXPECT_EQ(step.path, "/api/ops");
  ASSERT_EQ(step.query.size(), 2U);
  EXPECT_EQ(step.query[0].first, "since");
  EXPECT_EQ(step.query[1].second.reveal(), "3");
  EXPECT_EQ(step.headers.at(0).second.reveal(), "Bearer s3cr3t-of-env");
  EXPECT_EQ(step.headers.at(0).second.redacted(), "Bearer ${valid}");
  EXPECT_EQ(step.body.redacted(), "{\"t\": \"${valid}\"}");
  EXPECT_EQ(step.expect.statuses, (std::vector<int>{200, 204}));
  EXPECT_EQ(step.expect.body_contains, "fine");
}

TEST(Loader, ReadsTheValuesOfAnHttpStep) {
  const Scenario scenario = loaded(
      std::string(token) +
      "steps:\n  - http:\n      path: /api/ops/errors\n      bearer: \"${valid}\"\n"
      "      values:\n        total: /total\n        login: {pointer: /by_kind/login, default: 0}\n"
      "        sockets: {count: /errors, where: {/source: frontend, /code: 1006, /message: {regex: WebSocket}}}\n"
      "      expect: {values: {total: {min: 1, max: 2.5}, login: 0, sockets: {max: 0}}}\n");
  const auto& step = std::get<HttpStep>(scenario.steps.at(0));
  ASSERT_EQ(step.headers.size(), 1U);
  EXPECT_EQ(step.headers[0].first, "Authorization");
  EXPECT_EQ(step.headers[0].second.reveal(), "Bearer s3cr3t-of-env");
  ASSERT_EQ(step.values.size(), 3U);
  EXPECT_EQ(step.values[0].name, "total");
  EXPECT_EQ(step.values[0].pointer, "/total");
  EXPECT_EQ(step.values[0].kind, ValueSource::Kind::number);
  EXPECT_EQ(step.values[0].otherwise, std::nullopt);
  EXPECT_EQ(step.values[1].otherwise, 0);
  EXPECT_EQ(step.values[2].kind, ValueSource::Kind::count);
  ASSERT_EQ(step.values[2].where.size(), 3U);
  EXPECT_EQ(step.values[2].where[1].text, "1006");
  EXPECT_EQ(step.values[2].where[1].match, ValueCondition::Match::equal);
  EXPECT_EQ(step.values[2].where[2].text, "WebSocket");
  EXPECT_EQ(step.values[2].where[2].match, ValueCondition::Match::regex);
  ASSERT_EQ(step.expect.values.size(), 3U);
  EXPECT_EQ(step.expect.values[0].lowest, 1);
  EXPECT_EQ(step.expect.values[0].highest, 2.5);
  EXPECT_EQ(step.expect.values[1].lowest, 0);
  EXPECT_EQ(step.expect.values[1].highest, 0);
  EXPECT_EQ(step.expect.values[2].lowest, std::nullopt);
}

TEST(Loader, ReadsExpectedJsonAsItIsCompared) {
  const Scenario scenario = loaded(
      "steps:\n  - health:\n      expect:\n        json: {/a: true, /b: True, /c: 3, /d: \"3\", /e: null, /f: ok, /g: "
      "\"true\", /h: 'x y', \"\": 1, /i: -2.50, /j: 1e9}\n");
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [pointer, value] : std::get<HealthStep>(scenario.steps.at(0)).expect.json)
    found.emplace_back(pointer, value);
  EXPECT_EQ(found, (std::vector<std::pair<std::string, std::string>>{{"/a", "true"},
                                                                     {"/b", "true"},
                                                                     {"/c", "3"},
                                                                     {"/d", "\"3\""},
                                                                     {"/e", "null"},
                                                                     {"/f", "\"ok\""},
                                                                     {"/g", "\"true\""},
                                                                     {"/h", "\"x y\""},
                                                                     {"", "1"},
                                                                     {"/i", "-2.50"},
                                                                     {"/j", "1e9"}}));
}

TEST(Loader, ReadsWhatAnUpgradeExpects) {
  const auto expectation = [](const std::string& text) { return upgrade("expect: " + text).expect; };
  EXPECT_EQ(expectation("accepted").answer, Expected::accepted);
  EXPECT_EQ(expectation("rejected").answer, Expected::rejected);
  EXPECT_EQ(expectation("{rejected_by: any}").answer, Expected::rejected);
  EXPECT_EQ(expectation("{rejected_by: proxy, status: 403}").answer, Expected::rejected_by_proxy);
  EXPECT_EQ(expectation("{rejected_by: proxy, status: 403}").statuses, std::vector<int>{403});
  EXPECT_EQ(expectation("{rejected_by: backend, status: [1008, 4401]}").statuses, (std::vector<int>{1008, 4401}));
  EXPECT_EQ(expectation("{status: 403}").answer, Expected::rejected);
}

TEST(Loader, ReadsASession) {
  const UpgradeStep step = upgrade(
      "origin: \"https://example.com:8443\", subprotocols: [a, b], extensions: [permessage-deflate], ping: 1000, hold: "
      "9999ms, close_code: 4999, "
      "messages: ["
      "{send: hello}, {send: '{\"a\": 1}', expect: {json: {/b: 2}}}, {expect: {regex: '^a+$'}}, {send: 7, expect: "
      "{text: ''}}]");
  EXPECT_EQ(step.origin, "https://example.com:8443");
  EXPECT_EQ(step.subprotocols.size(), 2U);
  EXPECT_EQ(step.extensions, std::vector<std::string>{"permessage-deflate"});
  EXPECT_EQ(step.ping, 1000);
  EXPECT_EQ(step.hold, milliseconds(9999));
  EXPECT_EQ(step.close_code, 4999);
  ASSERT_EQ(step.messages.size(), 4U);
  EXPECT_EQ(step.messages[0].send->reveal(), "hello");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(step.messages[0].expect));
  EXPECT_EQ(std::get<MessageJson>(step.messages[1].expect).values.at(0).value, "2");
  EXPECT_FALSE(step.messages[2].send);
  EXPECT_EQ(std::get<MessageRegex>(step.messages[2].expect).pattern, "^a+$");
  EXPECT_EQ(step.messages[3].send->reveal(), "7");
  EXPECT_EQ(std::get<MessageText>(step.messages[3].expect).text, "");
}

TEST(Loader, KeepsTheOriginNull) { EXPECT_EQ(upgrade("origin: \"null\"").origin, "null"); }

TEST(Loader, KnowsWhichCredentialAStepCarries) {
  EXPECT_EQ(upgrade("query: {t: \"${valid}\"}", token).credential, CredentialUse::valid);
  EXPECT_EQ(upgrade("headers: {A: \"x ${valid}\"}", token).credential, CredentialUse::valid);
  EXPECT_EQ(upgrade("subprotocols: [\"t.${valid}\"]", token).credential, CredentialUse::valid);
  EXPECT_EQ(upgrade("messages: [{send: \"${valid}\"}]", token).credential, CredentialUse::valid);
  EXPECT_EQ(upgrade("query: {t: \"${invalid}\"}, expect: rejected", token).credential, CredentialUse::invalid);
  EXPECT_EQ(upgrade("query: {t: \"$${valid}\"}", token).credential, CredentialUse::none);
  EXPECT_EQ(upgrade("query: {t: \"${session}\"}", "credentials: {session: {file: /secrets/token}}\n").credential,
            CredentialUse::valid);
}

TEST(Loader, ReplacesReferencesAndUnescapesDollars) {
  const UpgradeStep step = upgrade("query: {a: \"$$${valid}$$ $5 $${valid} $\"}", token);
  EXPECT_EQ(step.query.at(0).second.reveal(), "$s3cr3t-of-env$ $5 ${valid} $");
  EXPECT_EQ(step.query.at(0).second.redacted(), "$${valid}$ $5 ${valid} $");
}

TEST(Loader, HandsTheSecretsToTheRedactor) {
  const Scenario scenario = loaded(
      "credentials: {valid: {env: TOKEN}, session: {file: /secrets/token}, invalid: {env: SPACES}}\nsteps: [health]\n");
  std::vector<std::string> values;
  for (const SecretPtr& secret : scenario.secrets) values.push_back(secret->reveal());
  EXPECT_EQ(values, (std::vector<std::string>{"s3cr3t-of-env", "s3cr3t-of-file", "s3cr3t with spaces"}));
  EXPECT_EQ(scenario.valid.reveal(), "s3cr3t-of-env");
  EXPECT_EQ(scenario.invalid.redacted(), "${invalid}");
}

TEST(Loader, ShowsAnInvalidCredentialThatTheFileGives) {
  const Scenario scenario = loaded("credentials: {invalid: {value: not-a-token}}\nsteps: [health]\n");
  EXPECT_EQ(scenario.invalid.redacted(), "not-a-token");
  EXPECT_TRUE(scenario.secrets.empty());
}

TEST(Loader, FindsARelativeSecretBesideTheScenario) {
  const std::string text = std::string(head) + "credentials: {valid: {file: token}}\nsteps: [health]\n";
  const auto result = load_text(text, "/etc/scenarios/a.yaml", fake_environment(), Credentials::required);
  ASSERT_TRUE(result) << render_all(result.error());
  EXPECT_EQ(result->valid.reveal(), "s3cr3t-beside");
}

TEST(Loader, WarnsOfASecretThatAllCanRead) {
  const Scenario scenario = loaded("credentials: {valid: {file: /secrets/bare}}\nsteps: [health]\n");
  EXPECT_EQ(render_all(scenario.warnings),
            "a.yaml:3:29: warning: every user of this machine can read `/secrets/bare`\n"
            "    credentials: {valid: {file: /secrets/bare}}\n"
            "                                ^\n"
            "    help: chmod o-r /secrets/bare\n");
}

TEST(Loader, WarnsOfMissingCredentialsWhereTheyAreOptional) {
  const auto result = load(
      std::string(head) +
          "credentials: {valid: {env: NOT_SET}}\n"
          "steps: [upgrade: {path: /ws, query: {t: \"${valid}\"}, subprotocols: [\"${valid}\", \"${valid}.x\"]}]\n",
      Credentials::optional);
  ASSERT_TRUE(result) << render_all(result.error());
  ASSERT_EQ(result->warnings.size(), 1U);
  EXPECT_EQ(result->warnings[0].message, "the credential `valid`: the environment variable `NOT_SET` is not set");
  EXPECT_EQ(result->warnings[0].severity, Severity::warning);
  const auto& step = std::get<UpgradeStep>(result->steps.at(0));
  EXPECT_EQ(step.credential, CredentialUse::valid);
  EXPECT_EQ(step.query.at(0).second.redacted(), "${valid}");
}

TEST(Loader, RefusesASecretThatCannotTravel) {
  const std::string start = std::string(head) + "credentials: {odd: {env: LATIN_1}}\n";
  const auto result = load(start + "steps: [upgrade: {path: /ws, messages: [{send: \"${odd}\"}]}]\n");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().at(0).message, "a text message has to be UTF-8; the credential in it is not");
  EXPECT_TRUE(load(start + "steps: [upgrade: {path: /ws, query: {t: \"${odd}\"}}]\n"));
}

TEST(Loader, TakesAnchorsAndAliases) {
  const Scenario scenario = loaded(
      "steps:\n  - upgrade: {path: /ws, headers: &h {A: x}, expect: &e {rejected_by: any}}\n  - upgrade: {path: /b, "
      "headers: *h, expect: *e}\n");
  EXPECT_EQ(std::get<UpgradeStep>(scenario.steps.at(1)).headers.at(0).second.reveal(), "x");
}

TEST(Loader, TakesAByteOrderMarkAndWindowsLineEnds) {
  const auto result = load("\xEF\xBB\xBFscenario: a\r\ntarget: {edge: \"ws://h\"}\r\nsteps:\r\n  - health\r\n");
  ASSERT_TRUE(result) << render_all(result.error());
  EXPECT_EQ(result->name, "a");
}

TEST(Loader, ReportsEveryMistakeInTheOrderOfTheFile) {
  const auto result = load(std::string(head) + "every: x\ntimeout: y\nsteps: [upgrade: {path: 3, ping: z}]\n");
  ASSERT_FALSE(result);
  std::vector<std::pair<int, int>> places;
  for (const Diagnostic& diagnostic : result.error()) places.emplace_back(diagnostic.line, diagnostic.column);
  EXPECT_EQ(places, (std::vector<std::pair<int, int>>{{3, 8}, {4, 10}, {5, 25}, {5, 34}}));
}

TEST(Loader, StopsCountingAtAHundredMistakes) {
  std::string text = std::string(head) + "steps:\n";
  for (int step = 0; step < 120; ++step) text += "  - upgrade: {path: ws}\n";
  const auto result = load(text);
  ASSERT_FALSE(result);
  ASSERT_EQ(result.error().size(), 101U);
  EXPECT_EQ(result.error().back().render(), "a.yaml: error: 20 more errors are not shown");
}

TEST(Loader, BoundsSizeStepsAndMessages) {
  EXPECT_EQ(load(std::string(maximum_file_size + 1, '#')).error().at(0).render(),
            "a.yaml: error: the file is larger than 1 MiB");
  const auto steps = [](int count) {
    std::string text = std::string(head) + "steps:\n";
    for (int step = 0; step < count; ++step) text += "  - health\n";
    return text;
  };
  EXPECT_TRUE(load(steps(1000)));
  EXPECT_EQ(load(steps(1001)).error().at(0).message, "more than 1000 steps");
  const auto messages = [](int count) {
    std::string text = std::string(head) + "steps:\n  - upgrade:\n      path: /ws\n      messages:\n";
    for (int message = 0; message < count; ++message) text += "        - {send: x}\n";
    return text;
  };
  EXPECT_TRUE(load(messages(1000)));
  EXPECT_EQ(load(messages(1001)).error().at(0).message, "more than 1000 messages");
}

TEST(Loader, ReadsAFileThroughTheEnvironment) {
  EXPECT_TRUE(load_file("/etc/scenarios/probe.yaml", fake_environment(), Credentials::required));
  const auto missing = load_file("/none.yaml", fake_environment(), Credentials::required);
  ASSERT_FALSE(missing);
  EXPECT_EQ(render_all(missing.error()), "/none.yaml: error: the file cannot be read: No such file or directory\n");
}

TEST(SecretFromFile, CutsOffOneLineEnd) {
  for (const char* path : {"/secrets/token", "/secrets/windows", "/secrets/bare"}) {
    const auto secret = secret_from_file("valid", path, fake_environment());
    ASSERT_TRUE(secret) << secret.error();
    EXPECT_EQ((*secret)->reveal(), "s3cr3t-of-file");
    EXPECT_EQ((*secret)->name(), "valid");
  }
}

TEST(SecretFromFile, NamesTheFileAndNeverTheValue) {
  const auto problem = [](const char* path) { return secret_from_file("valid", path, fake_environment()).error(); };
  EXPECT_EQ(problem("/secrets/none"), "the file `/secrets/none` cannot be read: No such file or directory");
  EXPECT_EQ(problem("/secrets/empty"), "the file `/secrets/empty` is empty");
  EXPECT_EQ(problem("/secrets/two-lines"),
            "the file `/secrets/two-lines` holds a line break or another control character");
  EXPECT_EQ(problem("/secrets/long"), "the file `/secrets/long` is longer than 16 KiB");
}

}  // namespace
}  // namespace wsprobe::scenario
