// The health document: only the members at their own place, of their own type.
#include "engine/health.hpp"

#include <gtest/gtest.h>

namespace wsprobe::engine {
namespace {

HealthFacts read(std::string body) {
  Response response;
  response.body = std::move(body);
  response.body_size = response.body.size();
  response.body_complete = true;
  return read_health(response);
}

TEST(ReadHealth, ReadsTheMembersInTheirPlaces) {
  const HealthFacts facts = read(R"({"status":"ok","ws":{"available":true,"active_connections":7,"topics":3}})");
  EXPECT_TRUE(facts.is_json);
  EXPECT_EQ(facts.problem, "");
  EXPECT_EQ(facts.status, "ok");
  EXPECT_EQ(facts.ws_available, true);
  EXPECT_EQ(facts.active_connections, 7);
  EXPECT_EQ(facts.topics, 3);
}

TEST(ReadHealth, PassesOverDecoys) {
  const HealthFacts facts =
      read(R"({"data":{"status":"ok","ws":{"available":true}},"ws":{"ws":{"available":true,"topics":3}},)"
           R"("/ws/available":true,"available":true,"active_connections":9})");
  EXPECT_TRUE(facts.is_json);
  EXPECT_EQ(facts.status, std::nullopt);
  EXPECT_EQ(facts.ws_available, std::nullopt);
  EXPECT_EQ(facts.active_connections, std::nullopt);
  EXPECT_EQ(facts.topics, std::nullopt);
}

TEST(ReadHealth, TakesNoMemberOfAnotherType) {
  const HealthFacts facts = read(R"({"status":1,"ws":{"available":"true","active_connections":"7","topics":3.5}})");
  EXPECT_TRUE(facts.is_json);
  EXPECT_EQ(facts.status, std::nullopt);
  EXPECT_EQ(facts.ws_available, std::nullopt);
  EXPECT_EQ(facts.active_connections, std::nullopt);
  EXPECT_EQ(facts.topics, std::nullopt);
}

TEST(ReadHealth, SaysWhyItIsNoDocument) {
  for (const char* body : {"", "<html></html>", R"({"status":"ok")", R"({"status":"ok","status":"down"})", "{} {}"}) {
    const HealthFacts facts = read(body);
    EXPECT_FALSE(facts.is_json) << body;
    EXPECT_FALSE(facts.problem.empty()) << body;
    EXPECT_EQ(facts.status, std::nullopt) << body;
  }
}

TEST(ReadHealth, BelievesNoPartOfADocument) {
  Response response;
  response.body = R"({"status":"ok"})";
  response.body_size = response.body.size();
  EXPECT_FALSE(read_health(response).is_json) << "its end did not come";
  response.body_complete = true;
  EXPECT_TRUE(read_health(response).is_json);
  response.body_size += 1;
  EXPECT_FALSE(read_health(response).is_json) << "not all of it was kept";
}

}  // namespace
}  // namespace wsprobe::engine
