// Answers of this deployment whose author is known.
//
// The best model of how an author writes here is another answer of that author. The health document is the
// application's; an answer provoked at the edge is the proxy's; an answer with a strong signature of its own is its
// author's. A trait tells something only where the known authors differ in it: nginx writes one order for all, so there
// order is silent; where the proxy adds a field to what it forwards, its absence speaks.
//
// One program can have two voices (uvicorn's WebSocket library writes other fields than its HTTP side), so being unlike
// the health document alone is weak.
#include "attribution/lines.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "attribution/emitter.hpp"
#include "core/ascii.hpp"

namespace wsprobe::attribution {
namespace {

/// What an author decides whatever the status is.
struct Voice {
  std::vector<std::string> servers;
  std::vector<std::string> order;  ///< names of the fields that every answer may have, in their order
  std::set<std::string> habits;    ///< names of the other fields that do not belong to one kind of answer
  bool lower_case = false;
  std::string error_type;  ///< content type and start of the body; only for errors
};

bool every_answer_may_have(const std::string& name) {
  return name == "server" || name == "date" || name == "content-length" || name == "content-type" ||
         name == "connection" || name == "transfer-encoding" || name == "keep-alive" || name == "cache-control";
}

bool belongs_to_one_answer(const std::string& name) {
  static const std::set<std::string> names{"etag",    "last-modified", "accept-ranges", "location", "www-authenticate",
                                           "allow",   "retry-after",   "vary",          "upgrade",  "set-cookie",
                                           "expires", "pragma",        "age",           "link",     "content-encoding",
                                           "alt-svc"};
  return names.count(name) > 0 || name.rfind("sec-websocket", 0) == 0 || name.rfind("access-control", 0) == 0;
}

Voice voice_of(const Response& response) {
  Voice voice;
  voice.servers = servers_of(response.head);
  for (const HeaderField& field : response.head.fields) {
    const std::string name = lower_case(field.name);
    voice.lower_case = voice.lower_case || name == field.name;
    if (every_answer_may_have(name)) {
      voice.order.push_back(name);
    } else if (!belongs_to_one_answer(name)) {
      voice.habits.insert(name);
    }
  }
  if (response.head.status >= 400) {
    const std::size_t first = response.body.find_first_not_of(" \t\r\n");
    const std::string start = first == std::string::npos ? "" : response.body.substr(first, 12);
    voice.error_type = content_type_of(response) + "|" + start;
  }
  return voice;
}

/// True where two fields that both have stand in opposite order.
bool orders_conflict(const Voice& left, const Voice& right) {
  for (std::size_t a = 0; a < left.order.size(); ++a) {
    for (std::size_t b = a + 1; b < left.order.size(); ++b) {
      const auto first = std::find(right.order.begin(), right.order.end(), left.order[a]);
      const auto second = std::find(right.order.begin(), right.order.end(), left.order[b]);
      if (first != right.order.end() && second != right.order.end() && second < first) return true;
    }
  }
  return false;
}

struct Traits {
  bool servers = false;
  bool order = false;
  bool habits = false;
  bool letter_case = false;
  bool error_body = false;  ///< only between errors
  [[nodiscard]] int count() const { return servers + order + habits + letter_case + error_body; }
};

/// In which traits two answers differ.
Traits differing(const Voice& left, const Voice& right) {
  Traits traits;
  traits.servers = left.servers != right.servers;
  traits.order = orders_conflict(left, right);
  traits.habits = left.habits != right.habits;
  traits.letter_case = left.lower_case != right.lower_case;
  traits.error_body = !left.error_type.empty() && !right.error_type.empty() && left.error_type != right.error_type;
  return traits;
}

/// Errors and other answers of one author: alike in everything but the body.
bool alike_heads(const Response& left, const Response& right) {
  Voice a = voice_of(left);
  Voice b = voice_of(right);
  a.error_type.clear();
  b.error_type.clear();
  return differing(a, b).count() == 0;
}

/// A page that a server makes for a status: HTML whose title or heading is the status.
bool is_status_page(const Response& response) {
  if (response.head.status < 400 || !is_html(response)) return false;
  const std::string status = std::to_string(response.head.status);
  return response.body.find("<title>" + status) != std::string::npos ||
         response.body.find("<h1>" + status) != std::string::npos;
}

/// The application has answered with errors here, and none of them was such a page.
bool application_makes_no_pages(const Pattern& pattern) {
  const Response* plain = pattern.sample;
  if (plain == nullptr) return false;
  bool seen = false;
  for (const StepReport* step : pattern.others()) {
    const Response* response = response_of(step);
    if (response == nullptr || response->head.status < 400 || same_answer(step, pattern.subject)) continue;
    if (is_status_page(*response)) continue;
    const bool by_application = signature_weight(*step, pattern) >= emitter_threshold || alike_heads(*response, *plain);
    seen = seen || by_application;
  }
  return seen;
}

/// Who wrote an answer that was provoked by a malformed request. Without a proxy, behind one that only passes bytes, or
/// behind one that forwards the malformed request, it is the application's own server.
enum class Provoked : std::uint8_t { unclear, proxys };

Provoked provoked_by(const Pattern& pattern, const StepReport& edge) {
  if (signature_weight(edge, pattern) <= -emitter_threshold) return Provoked::proxys;
  const Response* plain = pattern.sample;
  if (plain == nullptr) return Provoked::unclear;
  // Something copies the application's answers as Go does, which the application in Go itself would not.
  if (pattern.go == GoProxy::yes) return Provoked::proxys;
  const auto here = servers_of(response_of(&edge)->head);
  const auto there = servers_of(plain->head);
  const bool shared = std::any_of(here.begin(), here.end(), [&](const std::string& server) {
    return std::find(there.begin(), there.end(), server) != there.end();
  });
  return !here.empty() && !there.empty() && !shared ? Provoked::proxys : Provoked::unclear;
}

struct Samples {
  std::vector<Voice> application;
  std::vector<Voice> proxy;
  /// Of the proxy, to a request that it could not read: a voice of its own in many programs, so being unlike it says
  /// nothing.
  std::optional<Voice> parser;
  std::optional<Voice> edge;  ///< of whoever reads requests first, perhaps the application
};

Samples collect(const Pattern& pattern) {
  Samples samples;
  const Response* plain = pattern.sample;
  if (plain != nullptr) samples.application.push_back(voice_of(*plain));
  const StepReport* edge = pattern.experiment(ExperimentKind::edge_error);
  const Response* provoked = response_of(edge);
  if (provoked != nullptr && provoked->head.status == 400) {
    const bool is_proxys = provoked_by(pattern, *edge) == Provoked::proxys;
    if (is_proxys) samples.parser = voice_of(*provoked);
    if (!is_proxys) samples.edge = voice_of(*provoked);
  }
  for (const StepReport* step : pattern.others()) {
    const Response* response = response_of(step);
    if (response == nullptr || response == plain || response == provoked) continue;
    if (same_answer(step, pattern.subject)) continue;
    const double weight = signature_weight(*step, pattern);
    if (weight >= emitter_threshold) samples.application.push_back(voice_of(*response));
    if (weight <= -emitter_threshold) samples.proxy.push_back(voice_of(*response));
  }
  return samples;
}

bool alike(const Voice& subject, const Voice& sample) { return differing(subject, sample).count() == 0; }

/// Whatever their bodies are.
bool alike_in_head(const Voice& left, const Voice& right) {
  Traits traits = differing(left, right);
  traits.error_body = false;
  return traits.count() == 0;
}

int closest(const Voice& subject, const std::vector<Voice>& samples) {
  int best = 100;
  for (const Voice& sample : samples) best = std::min(best, differing(subject, sample).count());
  return best;
}

}  // namespace

Findings comparison(const Pattern& pattern) {
  const Response* response = response_of(pattern.subject);
  if (response == nullptr) return {};
  const Voice subject = voice_of(*response);
  // "HTTP/1.1 401 Unauthorized" and an empty line: like everything and like nothing.
  const bool has_shape = subject.order.size() + subject.habits.size() >= 2;
  const Samples samples = collect(pattern);
  const bool like_application = has_shape && std::any_of(samples.application.begin(), samples.application.end(),
                                                         [&](const Voice& voice) { return alike(subject, voice); });
  const bool like_parser = has_shape && samples.parser && alike(subject, *samples.parser);
  const bool like_handler = has_shape && std::any_of(samples.proxy.begin(), samples.proxy.end(),
                                                     [&](const Voice& voice) { return alike(subject, voice); });
  Findings findings;
  const auto add = [&](double weight, std::string sentence) {
    findings.push_back({Line::comparison, weight, std::move(sentence)});
  };
  const bool like_proxy = like_parser || like_handler;
  const bool contrasts =
      !samples.proxy.empty() && std::none_of(samples.proxy.begin(), samples.proxy.end(),
                                             [&](const Voice& voice) { return alike_in_head(subject, voice); });
  const bool like_edge = has_shape && samples.edge && alike(subject, *samples.edge);
  if (like_application && (like_proxy || like_edge)) {
    add(0, "known answers of the application and of the proxy look alike here, so their shape tells nothing");
  } else if (like_proxy && !samples.application.empty()) {
    add(-2.0, "it has the shape of an answer that the proxy is known to have made here, and not of the application's");
  } else if (like_proxy) {
    add(-1.5, "it has the shape of an answer that the proxy is known to have made here");
  } else if (like_application && contrasts) {
    add(2.0,
        "it has the shape of an answer that the application is known to have written here, and not of the proxy's");
  } else if (like_application) {
    // Without an answer of the proxy's that differs: proxies that normalise make their own look alike.
    add(0.5, "it has the shape of an answer that the application is known to have written here");
  } else if (like_edge) {
    add(-1.0,
        "it has the shape of the answer to a malformed request, which whoever reads requests first has made: mostly "
        "the "
        "proxy");
  } else if (!samples.application.empty() && !samples.proxy.empty()) {
    const int apart = closest(subject, samples.proxy) - closest(subject, samples.application);
    if (apart != 0) {
      add(apart > 0 ? 0.7 : -0.7, fmt::format("its shape is nearer to the {} than to the {}",
                                              apart > 0 ? "application's answers" : "proxy's own answers",
                                              apart > 0 ? "proxy's own" : "application's"));
    }
  }
  if (is_status_page(*response) && application_makes_no_pages(pattern)) {
    add(-2.0, "it is a page for browsers made for this status, and the application's own errors here are none");
  } else if (findings.empty() && !samples.application.empty() && pattern.subject->kind != StepKind::upgrade) {
    add(-0.7, "it is not written as the application writes its plain answers here");
  }
  return findings;
}

}  // namespace wsprobe::attribution
