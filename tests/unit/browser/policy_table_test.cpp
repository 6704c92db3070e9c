// would_connect against the table of what Chromium did on real pages (tests/browser/test_policy_table.py measures it):
// every attempt has the same end, and what is sent goes to the same URL.
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "browser/connect.hpp"
#include "browser/csp.hpp"
#include "browser/page.hpp"

namespace wsprobe::browser {
namespace {

using nlohmann::json;
using Answer = ConnectAnswer::Answer;
using Why = ConnectAnswer::Why;

json table() {
  std::ifstream file(std::string(WSPROBE_SOURCE_DIR) + "/tests/data/browser/chromium.json");
  return json::parse(file);
}

Page page_of(const std::string& address, const json& headers, const std::string& html) {
  Page page;
  page.url = *parse_url(address);
  const PageContents contents = read_page(page.url, html);
  page.base = contents.base;
  std::vector<PolicySource> sources;
  for (const json& field : headers) {
    const bool reports = field[0] == "Content-Security-Policy-Report-Only";
    sources.push_back({field[1], reports ? Disposition::report : Disposition::enforce, Delivery::header, 0});
  }
  for (const MetaPolicy& meta : contents.policies) {
    sources.push_back({meta.text, Disposition::enforce, Delivery::meta, meta.line});
  }
  for (const PolicySource& source : sources) {
    for (Policy& policy : parse_policies(source)) page.policies.push_back(std::move(policy));
  }
  return page;
}

/// In the words of the table.
std::string told(const ConnectAnswer& answer) {
  if (answer.answer == Answer::connects) return "sent " + answer.url->href();
  if (answer.answer == Answer::undetermined) return "undetermined";
  if (answer.why == Why::csp) return "csp";
  if (answer.why == Why::bad_port) return "port";
  return answer.why == Why::mixed_content ? "throws SecurityError" : "throws SyntaxError";
}

TEST(PolicyTable, IsWhatChromiumDoes) {
  std::size_t attempts = 0;
  const json all = table();
  for (const json& row : all["pages"]) {
    const Page page = page_of(row["page"], row["headers"], row["html"]);
    for (const json& attempt : row["attempts"]) {
      ++attempts;
      const std::string address = attempt[0];
      EXPECT_EQ(told(would_connect(page, address)), attempt[1].get<std::string>())
          << address << " on " << row["page"] << " with " << row["headers"] << row["html"];
    }
  }
  EXPECT_GE(attempts, 3000U);
}

/// Where browsers differ nothing is claimed.
TEST(PolicyTable, LocalNetworksAreNotDecided) {
  const json undetermined = table()["undetermined"];
  const Page page = page_of(undetermined["page"], json::array(), "");
  for (const json& address : undetermined["addresses"]) {
    EXPECT_EQ(would_connect(page, address.get<std::string>()).answer, Answer::undetermined) << address;
  }
}

}  // namespace
}  // namespace wsprobe::browser
