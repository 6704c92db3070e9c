#include "witness/target.hpp"

#include <gtest/gtest.h>

namespace wsprobe::witness {
namespace {

TEST(Target, IsTakenApart) {
  EXPECT_EQ(split_target("/a%2Fb?x=%20").path, "/a/b");
  EXPECT_EQ(split_target("/a%2Fb?x=%20").query, "x=%20");
  EXPECT_EQ(split_target("https://host/a?b").path, "/a");
  EXPECT_EQ(split_target("https://host").path, "/");
  EXPECT_EQ(split_target("/a?u=http://other/").path, "/a");
  EXPECT_EQ(split_target("/%zz%4").path, "/%zz%4");
  EXPECT_EQ(split_target("").path, "");
}

TEST(Target, OfARequestHasItsSecretsAsALogHasThemRedacted) {
  RequestFacts request;
  request.url = "wss://api.example.com:8443/api/ws?token=${valid}&x=${";
  request.path = "/api/ws";
  EXPECT_EQ(target_of(request).path, "/api/ws");
  EXPECT_EQ(target_of(request).query, "token=[redacted:valid]&x=${");
}

TEST(Target, MayBeWhatAProxyMadeOfAnother) {
  EXPECT_TRUE(may_be_rewritten("/api/ws", "/index.html"));
  EXPECT_TRUE(may_be_rewritten("/api/ws", "/"));
  EXPECT_TRUE(may_be_rewritten("/api/ws", "/ws"));
  EXPECT_TRUE(may_be_rewritten("/api/ws", "/v1/api/ws"));
  EXPECT_FALSE(may_be_rewritten("/api/ws", "/api/ws"));
  EXPECT_FALSE(may_be_rewritten("/api/ws", "/chat"));
  EXPECT_FALSE(may_be_rewritten("/api/ws", "s"));
  EXPECT_FALSE(may_be_rewritten("/api/ws", ""));
  EXPECT_FALSE(may_be_rewritten("/", "/chat/"));
}

}  // namespace
}  // namespace wsprobe::witness
