// The measured deployments, disguised as products that nobody wrote a rule for. What was named may become undetermined;
// it must not become wrong.
#include <algorithm>
#include <functional>
#include <iostream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "attribution/answer.hpp"
#include "unit/attribution/deployments.hpp"

namespace wsprobe::attribution::test {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

void remove_field(Response& response, std::string_view name) {
  std::erase_if(response.head.fields, [&](const HeaderField& field) { return equals_ignoring_case(field.name, name); });
}

void strip_server(Response& response) { remove_field(response, "server"); }
void strip_date(Response& response) { remove_field(response, "date"); }

void rename_products(std::string& text) {
  replace_all(text, "Caddy", "edgeway");
  replace_all(text, "nginx/1.22.1", "gateway/3");
  replace_all(text, "nginx", "gateway");
  replace_all(text, "Apache/2.4.71 (Debian) OpenSSL/3.0.22", "frontal");
  replace_all(text, "Apache", "frontal");
  replace_all(text, "Python/3.11 websockets/10.4", "sockets 2");
  replace_all(text, "Python/3.11 aiohttp/3.8.4", "application 7");
  replace_all(text, "uvicorn", "application");
}

void rename_servers(Response& response) {
  for (HeaderField& field : response.head.fields) {
    if (equals_ignoring_case(field.name, "server")) rename_products(field.value);
  }
}

void same_server_for_all(Response& response) {
  strip_server(response);
  response.head.fields.push_back({"Server", "uvicorn"});
}

void lower_names(Response& response) {
  for (HeaderField& field : response.head.fields) field.name = lower_case(field.name);
}

void canonical_names(Response& response) {
  for (HeaderField& field : response.head.fields) {
    bool start = true;
    for (char& c : field.name) {
      if (start && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      start = c == '-';
    }
  }
}

void add_security_fields(Response& response) {
  response.head.fields.push_back({"X-Frame-Options", "DENY"});
  response.head.fields.insert(response.head.fields.begin(), {"Strict-Transport-Security", "max-age=31536000"});
}

void fill_in_reason(Response& response) {
  if (response.head.reason_phrase.empty()) response.head.reason_phrase = "Whatever";
}

void set_length(Response& response) {
  response.body_size = response.body.size();
  for (HeaderField& field : response.head.fields) {
    if (equals_ignoring_case(field.name, "content-length")) field.value = std::to_string(response.body.size());
  }
}

/// Error pages of no known product.
void reword_pages(Response& response) {
  if (!is_html(response) || response.head.status < 300) return;
  response.body =
      fmt::format("<html><head><title>{0}</title></head><body><p>Sorry: {0}</p></body></html>", response.head.status);
  set_length(response);
}

/// A proxy that knows the length of everything that it forwards.
void give_lengths(Response& response) {
  if (response.head.status < 200) return;
  for (HeaderField& field : response.head.fields) {
    if (equals_ignoring_case(field.name, "transfer-encoding")) field = {"Cache-Control", "private"};
  }
  if (response.head.find("content-length") == nullptr) {
    response.head.fields.insert(response.head.fields.begin(), {"Content-Length", std::to_string(response.body.size())});
  }
  response.framing = Framing::content_length;
}

/// A proxy that sorts every answer's fields, also its own.
void sort_fields(Response& response) {
  rename_servers(response);
  std::stable_sort(
      response.head.fields.begin(), response.head.fields.end(),
      [](const HeaderField& left, const HeaderField& right) { return lower_case(left.name) < lower_case(right.name); });
}

void reverse_fields(Response& response) { std::reverse(response.head.fields.begin(), response.head.fields.end()); }

/// Bodies that no framework is known by.
void reword_bodies(Response& response) {
  if (response.head.status < 300 || response.body.empty() || is_html(response)) return;
  response.body = is_json(response) ? "{\"error\": \"no\"}" : "no";
  set_length(response);
}

void unknown_everything(Response& response) {
  rename_servers(response);
  reword_pages(response);
  reword_bodies(response);
  fill_in_reason(response);
}

void nothing_left(Response& response) {
  strip_server(response);
  strip_date(response);
  reword_pages(response);
  reword_bodies(response);
  fill_in_reason(response);
  give_lengths(response);
}

struct Disguise {
  const char* name;
  void (*apply)(Response&);
};

class Perturbation : public testing::TestWithParam<Disguise> {};

TEST_P(Perturbation, may_silence_but_not_mislead) {
  int named = 0;
  int asked = 0;
  for (Deployment& deployment : load_all_deployments()) {
    for (std::vector<StepReport>* group : {&deployment.steps, &deployment.experiments}) {
      for (StepReport& step : *group) {
        if (step.evidence.response) GetParam().apply(*step.evidence.response);
      }
    }
    const Attribution attribution = attribute({deployment.steps, deployment.experiments, ""});
    const std::pair<const Verdict&, const Truth&> judged[] = {{*attribution.of_steps[1], deployment.valid},
                                                              {*attribution.of_steps[2], deployment.invalid}};
    for (const auto& [verdict, truth] : judged) {
      const Scores scores = score(verdict, truth);
      asked += truth.outcome == "rejected";
      named += truth.outcome == "rejected" && scores.emitter == Score::correct;
      EXPECT_FALSE(scores.emitter == Score::wrong || scores.fault == Score::wrong || scores.cause == Score::wrong)
          << GetParam().name << ": " << deployment.name << (truth.invalid ? " invalid" : " valid") << ": "
          << name(verdict.emitter) << "/" << name(verdict.fault) << "/" << name(verdict.cause) << " where "
          << truth.emitter << "/" << truth.causes.front() << " is true\n  " << verdict.summary;
    }
  }
  std::cout << fmt::format("{}: emitter of {} of {} refusals still named\n", GetParam().name, named, asked);
}

INSTANTIATE_TEST_SUITE_P(
    Disguises, Perturbation,
    testing::Values(Disguise{"no_server", strip_server}, Disguise{"no_date", strip_date},
                    Disguise{"renamed_servers", rename_servers}, Disguise{"one_server_for_all", same_server_for_all},
                    Disguise{"lower_case", lower_names}, Disguise{"canonical_case", canonical_names},
                    Disguise{"security_fields", add_security_fields}, Disguise{"filled_reason", fill_in_reason},
                    Disguise{"reworded_pages", reword_pages}, Disguise{"given_lengths", give_lengths},
                    Disguise{"sorted_fields", sort_fields}, Disguise{"reversed_fields", reverse_fields},
                    Disguise{"reworded_bodies", reword_bodies}, Disguise{"unknown_everything", unknown_everything},
                    Disguise{"nothing_left", nothing_left}),
    [](const testing::TestParamInfo<Disguise>& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace wsprobe::attribution::test
