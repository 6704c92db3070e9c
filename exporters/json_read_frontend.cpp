#include "exporters/json_read_frontend.hpp"

#include "exporters/json_read_parts.hpp"

namespace wsprobe::exporters {
namespace {

FrontendAttempt read_attempt(const Place& place, const std::function<Error(const Place&)>& read_error) {
  FrontendAttempt attempt;
  attempt.with_credential = place.at("with_credential").boolean();
  attempt.accepted = place.at("accepted").boolean();
  attempt.status = optional_of<int>(place, "status", [](const Place& status) {
                     return status.integer<int>(100, 65535);
                   }).value_or(0);
  attempt.failure = optional_of<Error>(place, "failure", read_error);
  return attempt;
}

}  // namespace

FrontendFacts read_frontend(const Place& place, const std::function<Error(const Place&)>& read_error) {
  const auto count = [](const Place& object, const char* key) { return object.at(key).integer<std::size_t>(); };
  FrontendFacts facts;
  facts.page = place.at("page").text();
  facts.redirects = read_texts(place.at("redirects"));
  for (const Place& policy : place.at("policies").items()) {
    facts.policies.push_back({policy.at("text").text(), policy.at("disposition").text() == "report",
                              policy.at("delivery").text() == "meta", count(policy, "line")});
  }
  for (const Place& script : place.at("scripts").items()) {
    facts.scripts.push_back({text_or_empty(script, "address"), count(script, "line"), script.at("end").text(),
                             text_or_empty(script, "detail"), count(script, "at_line")});
  }
  facts.variable = place.at("variable").text();
  facts.problem = text_or_empty(place, "problem");
  facts.value = optional_of<std::string>(place, "value", [](const Place& value) { return value.text(); });
  facts.from = text_or_empty(place, "from");
  facts.place = text_or_empty(place, "place");
  facts.literals = read_texts(place.at("literals"));
  facts.url = text_or_empty(place, "url");
  facts.wanted = place.at("wanted").text();
  facts.same_origin = place.at("same_origin").boolean();
  facts.same_path = place.at("same_path").boolean();
  facts.wanted_is_allowed = place.at("wanted_is_allowed").boolean();
  const Place browser = place.at("browser");
  facts.answer = read_word<BrowserAnswer, BrowserAnswer::undetermined>(browser.at("answer"));
  facts.obstacle = read_word<BrowserObstacle, BrowserObstacle::csp>(browser.at("why"));
  facts.directive = text_or_empty(browser, "directive");
  facts.sentence = text_or_empty(browser, "sentence");
  facts.attempt = optional_of<FrontendAttempt>(place, "attempt",
                                               [&](const Place& attempt) { return read_attempt(attempt, read_error); });
  facts.notes = read_texts(place.at("notes"));
  return facts;
}

}  // namespace wsprobe::exporters
