// Every measured deployment with one piece of its evidence gone: a field, a body, a phrase, an answer, the framing, the
// case, or the Server replaced by a known name. What was named may become undetermined; it must not become wrong.
#include <functional>
#include <iostream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "attribution/answer.hpp"
#include "unit/attribution/deployments.hpp"

namespace wsprobe::attribution::test {
namespace {

const std::vector<Deployment>& measured() {
  static const std::vector<Deployment> all = load_all_deployments();
  return all;
}

std::string place_of(const Verdict& verdict) {
  return fmt::format("{}/{}/{}", name(verdict.emitter), name(verdict.fault), name(verdict.cause));
}

/// Judges a deployment with its evidence changed, and counts.
class Deletion : public testing::Test {
 protected:
  void judge(const Deployment& changed, const std::string& what) {
    const Attribution attribution = attribute({changed.steps, changed.experiments, ""});
    for (std::size_t at = 0; at < changed.steps.size(); ++at) {
      const StepReport& step = changed.steps[at];
      if (step.kind != StepKind::upgrade || !attribution.of_steps[at]) continue;
      const Truth& truth = step.credential == CredentialUse::valid ? changed.valid : changed.invalid;
      check(*attribution.of_steps[at], truth,
            changed.name + (truth.invalid ? " invalid" : " valid") + " without " + what);
    }
  }

  void TearDown() override {
    std::cout << fmt::format("{} pieces taken: emitter of {} of {} refusals still named\n", pieces_, named_, asked_);
    EXPECT_GT(named_, 0);
  }

  int pieces_ = 0;

 private:
  void check(const Verdict& verdict, const Truth& truth, const std::string& where) {
    const Scores scores = score(verdict, truth);
    asked_ += truth.outcome == "rejected";
    named_ += truth.outcome == "rejected" && scores.emitter == Score::correct;
    EXPECT_FALSE(scores.emitter == Score::wrong || scores.fault == Score::wrong || scores.cause == Score::wrong)
        << where << ": " << place_of(verdict) << " where " << truth.emitter << "/" << truth.causes.front()
        << " is true\n  " << verdict.summary;
  }

  int asked_ = 0;
  int named_ = 0;
};

std::vector<Response*> answers_of(std::vector<StepReport>& reports) {
  std::vector<Response*> answers;
  for (StepReport& report : reports) {
    if (report.evidence.response) answers.push_back(&*report.evidence.response);
  }
  return answers;
}

void erase_field(Response& response, const std::string& name) {
  std::erase_if(response.head.fields, [&](const HeaderField& field) { return lower_case(field.name) == name; });
}

std::set<std::string> field_names(const std::vector<Response*>& answers) {
  std::set<std::string> names;
  for (const Response* answer : answers) {
    for (const HeaderField& field : answer->head.fields) names.insert(lower_case(field.name));
  }
  return names;
}

TEST_F(Deletion, of_a_field_of_one_step) {
  for (const Deployment& deployment : measured()) {
    for (std::size_t at = 0; at < deployment.steps.size(); ++at) {
      if (!deployment.steps[at].evidence.response) continue;
      Deployment copy = deployment;
      const Response whole = *copy.steps[at].evidence.response;
      for (const std::string& name : field_names({&*copy.steps[at].evidence.response})) {
        ++pieces_;
        erase_field(*copy.steps[at].evidence.response, name);
        judge(copy, name + " of " + copy.steps[at].name);
        copy.steps[at].evidence.response = whole;
      }
    }
  }
}

TEST_F(Deletion, of_a_field_of_all_experiments) {
  for (const Deployment& deployment : measured()) {
    Deployment whole = deployment;
    for (const std::string& name : field_names(answers_of(whole.experiments))) {
      ++pieces_;
      Deployment copy = deployment;
      for (Response* answer : answers_of(copy.experiments)) erase_field(*answer, name);
      judge(copy, name + " of the experiments");
    }
  }
}

void erase_body(Response& response) {
  response.body.clear();
  response.body_size = 0;
}

TEST_F(Deletion, of_a_body_or_a_phrase) {
  for (const Deployment& deployment : measured()) {
    Deployment copy = deployment;
    for (std::vector<StepReport>* group : {&copy.steps, &copy.experiments}) {
      for (StepReport& report : *group) {
        if (!report.evidence.response) continue;
        const Response whole = *report.evidence.response;
        if (!whole.body.empty()) {
          ++pieces_;
          erase_body(*report.evidence.response);
          judge(copy, "the body of " + report.name);
          report.evidence.response = whole;
        }
        if (whole.head.reason_phrase.empty()) continue;
        ++pieces_;
        report.evidence.response->head.reason_phrase.clear();
        judge(copy, "the phrase of " + report.name);
        report.evidence.response = whole;
      }
    }
  }
}

TEST_F(Deletion, of_a_step_or_an_experiment) {
  for (const Deployment& deployment : measured()) {
    for (std::size_t at = 0; at < deployment.steps.size(); ++at) {
      ++pieces_;
      Deployment copy = deployment;
      copy.steps.erase(copy.steps.begin() + static_cast<std::ptrdiff_t>(at));
      judge(copy, "the step " + deployment.steps[at].name);
    }
    for (std::size_t at = 0; at < deployment.experiments.size(); ++at) {
      ++pieces_;
      Deployment copy = deployment;
      copy.experiments.erase(copy.experiments.begin() + static_cast<std::ptrdiff_t>(at));
      judge(copy, "the experiment " + deployment.experiments[at].name);
    }
  }
}

struct Blurring {
  const char* what;
  std::function<void(Response&)> apply;
};

void give_length(Response& response) {
  if (response.framing == Framing::none || response.head.status < 200) return;
  erase_field(response, "transfer-encoding");
  if (response.head.find("content-length") == nullptr)
    response.head.fields.push_back({"Content-Length", std::to_string(response.body.size())});
  response.framing = Framing::content_length;
}

void capitalise(Response& response) {
  for (HeaderField& field : response.head.fields) {
    bool start = true;
    for (char& c : field.name) {
      if (start && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      start = c == '-';
    }
  }
}

TEST_F(Deletion, of_framing_or_case_everywhere) {
  const std::vector<Blurring> blurrings{
      {"framing", give_length}, {"case", capitalise}, {"case (all lower)", [](Response& response) {
                                                         for (HeaderField& field : response.head.fields)
                                                           field.name = lower_case(field.name);
                                                       }}};
  for (const Deployment& deployment : measured()) {
    for (const Blurring& blurring : blurrings) {
      ++pieces_;
      Deployment copy = deployment;
      for (std::vector<StepReport>* group : {&copy.steps, &copy.experiments}) {
        for (Response* answer : answers_of(*group)) blurring.apply(*answer);
      }
      judge(copy, blurring.what);
    }
  }
}

/// As header -Server and a new value in its place: on every answer.
TEST_F(Deletion, of_the_true_server_where_another_name_is_put) {
  for (const char* server : {"uvicorn", "Caddy", "nginx/1.22.1", "Apache/2.4.59 (Debian)", "HAProxy", "Varnish",
                             "squid", "envoy", "istio-envoy", "cloudflare", "CloudFront", "awselb/2.0", "AkamaiGHost",
                             "Microsoft-Azure-Application-Gateway/v2", "lighttpd/1.4.69", "openresty",
                             "Python/3.11 websockets/10.4", "Python/3.11 aiohttp/3.8.4", "hypercorn-h11"}) {
    for (const Deployment& deployment : measured()) {
      ++pieces_;
      Deployment copy = deployment;
      for (std::vector<StepReport>* group : {&copy.steps, &copy.experiments}) {
        for (Response* answer : answers_of(*group)) {
          const int at = position_of(answer->head, "server");
          if (at >= 0) answer->head.fields[static_cast<std::size_t>(at)].value = server;
          bool first = true;
          std::erase_if(answer->head.fields, [&](const HeaderField& field) {
            return lower_case(field.name) == "server" && !std::exchange(first, false);
          });
          if (at < 0) answer->head.fields.push_back({"Server", server});
        }
      }
      judge(copy, std::string("the true Server (") + server + ")");
    }
  }
}

}  // namespace
}  // namespace wsprobe::attribution::test
