#include "web/router.hpp"

#include <gtest/gtest.h>

#include "support/run_task.hpp"

namespace wsprobe::web {
namespace {

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    const auto say = [](std::string what) {
      return [what](const Request&) -> net::awaitable<Response> { co_return text_response(200, what); };
    };
    router.add("GET", "/", say("root"));
    router.add("GET", "/scenario/", say("scenario"));
    router.add("POST", "/-/reload", say("reload"));
    router.add("PUT", "/-/reload", say("reload"));
  }

  Response ask(std::string method, std::string path, std::vector<HeaderField> fields = {}) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.fields = std::move(fields);
    return test::run_task(router.answer(request));
  }

  Router router;
};

TEST_F(RouterTest, FindsWhoAnswers) {
  EXPECT_EQ(ask("GET", "/").body, "root");
  EXPECT_EQ(ask("HEAD", "/").body, "root");
  EXPECT_EQ(ask("GET", "/scenario/a").body, "scenario");
  EXPECT_EQ(ask("GET", "/scenario/").status, 404);
  EXPECT_EQ(ask("GET", "/other").status, 404);
}

TEST_F(RouterTest, NamesTheMethodsThatArePossible) {
  const Response refused = ask("DELETE", "/-/reload");
  EXPECT_EQ(refused.status, 405);
  ASSERT_EQ(refused.fields.size(), 1U);
  EXPECT_EQ(refused.fields[0].value, "POST, PUT");
  EXPECT_EQ(ask("POST", "/").fields[0].value, "GET, HEAD");
}

TEST_F(RouterTest, RefusesToBeChangedByPagesOfOtherSites) {
  EXPECT_EQ(ask("POST", "/-/reload").status, 200);
  EXPECT_EQ(ask("POST", "/-/reload", {{"Host", "h:1"}, {"Origin", "http://h:1"}}).status, 200);
  EXPECT_EQ(ask("POST", "/-/reload", {{"Host", "h:1"}, {"Origin", "http://evil"}}).status, 403);
  EXPECT_EQ(ask("POST", "/-/reload", {{"Host", "h:1"}, {"Origin", "null"}}).status, 403);
  EXPECT_EQ(ask("POST", "/-/reload", {{"Host", "h:1"}, {"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(ask("POST", "/-/reload", {{"Host", "h:1"}, {"Sec-Fetch-Site", "none"}}).status, 200);
}

}  // namespace
}  // namespace wsprobe::web
