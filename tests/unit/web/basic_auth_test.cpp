#include "web/basic_auth.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "net/tasks.hpp"
#include "support/run_task.hpp"

namespace wsprobe::web {
namespace {

// "correct horse", cost 4.
const std::string hash = "$2y$04$fCeyVSTw4Di0Ren4.nbhi.MrgSDEnixnu7TazAWpNQekvUc2hpeP.";

// base64 of user:password
const std::string right = "Basic dXNlcjpjb3JyZWN0IGhvcnNl";
const std::string wrong = "Basic dXNlcjpjb3JyZWN0IGhvcnNlcw==";
const std::string stranger = "Basic c29tZW9uZTpjb3JyZWN0IGhvcnNl";

class BasicAuthTest : public testing::Test {
 protected:
  Admission check(const std::string& authorization) {
    return test::run_task(context, auth.check(authorization.empty() ? nullptr : &authorization));
  }

  asio::io_context context;
  BasicAuth auth{context, {{"user", hash}}};
};

TEST_F(BasicAuthTest, LetsInWhoKnowsThePassword) {
  EXPECT_EQ(check(right), Admission::granted);
  EXPECT_EQ(check(right), Admission::granted);
  EXPECT_EQ(check("bAsIc  dXNlcjpjb3JyZWN0IGhvcnNl"), Admission::granted);
}

TEST_F(BasicAuthTest, RefusesEverybodyElse) {
  for (const std::string& authorization :
       {std::string(), wrong, stranger, std::string("Bearer dXNlcjpjb3JyZWN0IGhvcnNl"), std::string("Basic"),
        std::string("Basic ????"), std::string("Basic dXNlcg=="), std::string("Basic dXNlcjo=")}) {
    EXPECT_EQ(check(authorization), Admission::refused) << authorization;
    EXPECT_EQ(check(authorization), Admission::refused) << authorization;
  }
}

TEST_F(BasicAuthTest, DoesNotQueueForEver) {
  // Cost 8: some ten milliseconds each.
  BasicAuth slow(context, {{"user", "$2y$08$f7JOLSwfvkRBF10X3rATMeEEDL0L83jgSEEDKVuuVyptPK7q/.M9u"}});
  // Each guess is another one: none is known already.
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01234567";
  std::vector<std::string> guesses;
  for (const char letter : letters) guesses.push_back(std::string("Basic dXNlcjpwYWF") + letter);
  int overloaded = 0;
  int refused = 0;
  const auto guess = [&](const std::string& authorization) -> net::awaitable<void> {
    const Admission admission = co_await slow.check(&authorization);
    ++(admission == Admission::overloaded ? overloaded : refused);
  };
  std::vector<net::awaitable<void>> tasks;
  for (const std::string& authorization : guesses) tasks.push_back(guess(authorization));
  net::spawn(context, net::run_all(std::move(tasks)));
  context.run();
  EXPECT_EQ(overloaded + refused, 60);
  EXPECT_GT(overloaded, 30);
  EXPECT_GE(refused, 16);
}

TEST(BcryptHash, IsRecognised) {
  EXPECT_TRUE(is_bcrypt_hash(hash));
  EXPECT_FALSE(is_bcrypt_hash("secret"));
  EXPECT_FALSE(is_bcrypt_hash("$1$abc$def"));
  EXPECT_FALSE(is_bcrypt_hash(hash.substr(1)));
  EXPECT_FALSE(is_bcrypt_hash(hash + "x"));
  EXPECT_FALSE(is_bcrypt_hash("$2y$99" + hash.substr(6)));
}

}  // namespace
}  // namespace wsprobe::web
