#include "exporters/exact_texts.hpp"

#include <variant>

#include <fmt/format.h>

#include "core/base64.hpp"
#include "core/text.hpp"

namespace wsprobe::exporters {
namespace {

class Texts {
 public:
  void add(const std::string& pointer, std::string_view text) {
    if (!is_utf8(text)) add_always(pointer, text);
  }
  void add_always(const std::string& pointer, std::string_view text) { found_[pointer] = encode_base64(text); }
  [[nodiscard]] std::map<std::string, std::string> take() { return std::move(found_); }

 private:
  std::map<std::string, std::string> found_;
};

void add_response(Texts& texts, const Response& response) {
  const ResponseHead& head = response.head;
  texts.add("/response/status_line", head.status_line());
  texts.add("/response/reason_phrase", head.reason_phrase);
  for (std::size_t at = 0; at < head.fields.size(); ++at) {
    texts.add(fmt::format("/response/headers/{}/0", at), head.fields[at].name);
    texts.add(fmt::format("/response/headers/{}/1", at), head.fields[at].value);
  }
  if (head.raw != plain_head(head.status_line(), head.fields)) texts.add_always("/response/head", head.raw);
  if (response.body.size() > body_excerpt_bytes || !is_utf8(response.body)) {
    texts.add_always("/response/body_excerpt", response.body);
  }
}

void add_session(Texts& texts, const SessionFacts& session) {
  texts.add("/session/subprotocol", session.subprotocol);
  texts.add("/session/extensions", session.extensions);
  for (std::size_t at = 0; at < session.messages.size(); ++at) {
    texts.add(fmt::format("/session/messages/{}/sent", at), session.messages[at].sent);
    texts.add(fmt::format("/session/messages/{}/received", at), session.messages[at].received);
  }
  if (session.close) texts.add("/session/close/reason", session.close->reason);
}

void add_logged(Texts& texts, const std::vector<LogRecord>& records) {
  for (std::size_t at = 0; at < records.size(); ++at) {
    texts.add(fmt::format("/logged/{}/method", at), records[at].method);
    texts.add(fmt::format("/logged/{}/target", at), records[at].target);
    texts.add(fmt::format("/logged/{}/flags", at), records[at].flags);
    texts.add(fmt::format("/logged/{}/line", at), records[at].line);
  }
}

}  // namespace

std::map<std::string, std::string> exact_texts(const StepReport& step) {
  Texts texts;
  if (step.evidence.response) add_response(texts, *step.evidence.response);
  if (step.evidence.session) add_session(texts, *step.evidence.session);
  add_logged(texts, step.logged);
  texts.add("/unparsed", step.evidence.unparsed);
  if (const auto* failed = std::get_if<Failed>(&step.outcome)) texts.add("/failure/detail", failed->error.detail);
  return texts.take();
}

std::string plain_head(std::string_view status_line, const std::vector<HeaderField>& fields) {
  std::string head = fmt::format("{}\r\n", status_line);
  for (const HeaderField& field : fields) head += fmt::format("{}: {}\r\n", field.name, field.value);
  return head + "\r\n";
}

}  // namespace wsprobe::exporters
