// Where the URL that scripts have left may not be what a browser comes to.
#include "engine/frontend_doubts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsprobe::engine {
namespace {

using browser::ScriptEnd;
using testing::HasSubstr;
using testing::IsEmpty;

struct World {
  World() {
    facts.variable = "window.WS_BASE_URL";
    add("https://app.test/config.js", "window.WS_BASE_URL = 'wss://a.test';", {});
    answer.value = "wss://a.test";
    answer.assigned = {0, 1};
  }

  void add(const std::string& address, const std::string& text, browser::ScriptRun run, std::size_t first_line = 1) {
    FrontendScript& script = facts.scripts.emplace_back();
    script.address = address;
    script.line = 4;
    script.end = run.end == ScriptEnd::needed ? "needed" : "out_of_time";
    script.detail = run.detail;
    browser::ScriptText source;
    source.text = text;
    source.first_line = first_line;
    request.scripts.push_back(std::move(source));
    answer.runs.push_back(std::move(run));
    positions.push_back(facts.scripts.size() - 1);
  }

  [[nodiscard]] std::string doubt() const { return doubt_about(facts, {request, answer, positions, unsure, unread}); }

  FrontendFacts facts;
  browser::ScriptRequest request;
  browser::ScriptAnswer answer;
  std::vector<std::size_t> positions;
  std::map<std::size_t, std::string> unsure;
  std::size_t unread = 0;
};

TEST(Doubts, ThereAreNoneWhereTheScriptsRanToTheirEnd) { EXPECT_THAT(World().doubt(), IsEmpty()); }

TEST(Doubts, AScriptThatWasEndedAndIsAboutSomethingElseIsNone) {
  World world;
  world.add("https://app.test/app.js", "document.title = 'x';\nwindow.OTHER = 1;",
            {ScriptEnd::needed, "document.title", 1});
  EXPECT_THAT(world.doubt(), IsEmpty());
}

TEST(Doubts, AScriptThatWasEndedBeforeItGivesTheVariableAValueIsOne) {
  World world;
  world.add("https://app.test/app.js", "document.title = 'x';\nwindow.WS_BASE_URL = other();",
            {ScriptEnd::needed, "document.title", 1});
  EXPECT_THAT(world.doubt(), HasSubstr("app.js was ended in line 1 (it needs a browser, for document.title), and gives "
                                       "window.WS_BASE_URL a value in line 2"));
}

TEST(Doubts, WhatItDidBeforeItWasEndedCounts) {
  World world;
  world.add("", "window.WS_BASE_URL = 'wss://b.test';\n\nfor (;;);", {ScriptEnd::out_of_time, "", 12}, 10);
  EXPECT_THAT(world.doubt(), IsEmpty());
}

TEST(Doubts, ASocketThatWasOpenedIsWhatItIs) {
  World world;
  world.add("https://app.test/app.js", "document.title = 'x';\nwindow.WS_BASE_URL = other();",
            {ScriptEnd::needed, "document.title", 1});
  world.answer.sockets.push_back({"wss://a.test/api/ws", {0, 1}});
  EXPECT_THAT(world.doubt(), IsEmpty());
}

TEST(Doubts, AScriptThatBrowsersMayNotRunIsOne) {
  World world;
  world.unsure.emplace(0, "the policy wants a hash");
  EXPECT_THAT(world.doubt(), HasSubstr("config.js, which names the URL, is not known: the policy wants a hash"));
  world.answer.assigned = {};
  EXPECT_THAT(world.doubt(), IsEmpty());
}

TEST(Doubts, AScriptThatBrowsersRunAndTheHostDidNotIsOne) {
  World world;
  world.facts.scripts.push_back({"https://app.test/big.js", 9, "not_fetched", "it is too long", 0});
  world.unread = 2;
  EXPECT_THAT(world.doubt(), HasSubstr("big.js was not run, and may give window.WS_BASE_URL another value: it is too"));
  world.answer.sockets.push_back({"wss://a.test/api/ws", {0, 1}});
  EXPECT_THAT(world.doubt(), IsEmpty());
}

}  // namespace
}  // namespace wsprobe::engine
