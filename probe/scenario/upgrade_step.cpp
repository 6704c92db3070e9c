// `upgrade` steps: the handshake, who is expected to refuse it, and the session.

#include <algorithm>
#include <array>
#include <regex>

#include <fmt/format.h>

#include "core/text.hpp"
#include "scenario/steps.hpp"
#include "scenario/yaml_reader.hpp"
#include "wire/extensions.hpp"

namespace wsprobe::scenario {
namespace {

constexpr int highest_close_code = 4999;
constexpr std::size_t longest_regex = 1000;

std::vector<int> read_refusal_codes(const Node& node, const Context& context) {
  std::vector<int> codes = read_statuses(node, 100, highest_close_code, context);
  if (std::find(codes.begin(), codes.end(), 101) != codes.end()) {
    context.diagnostics.error(node.at, "101 is no refusal", "write `expect: accepted`");
  }
  return codes;
}

UpgradeExpectation read_upgrade_expectation(const Node& node, const Context& context) {
  UpgradeExpectation expectation;
  if (node.is_scalar()) {
    if (node.text == "accepted" || node.text == "rejected") {
      expectation.answer = node.text == "accepted" ? Expected::accepted : Expected::rejected;
      return expectation;
    }
    context.diagnostics.error(node.at, fmt::format("an upgrade cannot be expected to be {}", backquoted(node.text)),
                              "`accepted`, `rejected`, or `{rejected_by: backend, status: [401, 403]}`");
    return expectation;
  }
  const MapReader map(node, upgrade_expectation_keys, context.diagnostics);
  expectation.answer = Expected::rejected;
  if (const Node* status = map.find("status")) expectation.statuses = read_refusal_codes(*status, context);
  const Node* by = map.find("rejected_by");
  if (by == nullptr) {
    if (node.kind == NodeKind::map && node.entries.empty()) context.diagnostics.error(node.at, "`expect` is empty");
    return expectation;
  }
  const auto who = read_text(*by, "`rejected_by`", context.diagnostics);
  if (!who) return expectation;
  if (*who == "backend") {
    expectation.answer = Expected::rejected_by_backend;
  } else if (*who == "proxy") {
    expectation.answer = Expected::rejected_by_proxy;
  } else if (*who != "any") {
    context.diagnostics.error(by->at, fmt::format("{} is nobody who could refuse", backquoted(*who)),
                              suggestion(*who, {"backend", "proxy", "any"}));
  }
  return expectation;
}

/// What a browser sends: scheme, host and port, or "null" (files, sandboxed frames).
std::optional<std::string> check_origin(const std::string& text) {
  if (text == "null") return std::nullopt;
  const auto url = parse_url(text, {"http", "https"});
  if (!url) return url.error();
  const bool bare = text.find('/', text.find("://") + 3) == std::string::npos && url->query.empty();
  return bare ? std::nullopt : std::optional<std::string>("an origin has no path, not even `/`");
}

void read_origin(const Node& node, UpgradeStep& step, const Context& context) {
  auto text = read_text(node, "`origin`", context.diagnostics);
  if (!text || refuse_reference(node, "an origin", context.diagnostics)) return;
  if (const auto problem = check_origin(*text)) {
    context.diagnostics.error(node.at, "`origin`: " + *problem, "as a browser sends it: https://example.com");
  } else {
    step.origin = std::move(text);
  }
}

void read_subprotocols(const Node& node, UpgradeStep& step, const Context& context) {
  if (!expect_list(node, "`subprotocols`", context.diagnostics)) return;
  for (const NodePtr& item : node.items) {
    auto text = read_interpolated(*item, "a subprotocol", context, step.credential);
    if (!text) continue;
    const std::string value = text->reveal();
    // A secret may be absent (`check` on another machine); its literal parts are still looked at.
    const bool absent =
        text->has_secret() && std::any_of(text->parts().begin(), text->parts().end(), [](const Text::Part& part) {
          return part.secret && part.secret->reveal().empty();
        });
    const bool again = std::any_of(step.subprotocols.begin(), step.subprotocols.end(),
                                   [&](const Text& before) { return before.reveal() == value; });
    if (!absent && !is_token(value)) {
      context.diagnostics.error(item->at, "a subprotocol may hold neither spaces nor `,;=/:\"@()[]{}<>?`",
                                text->has_secret() ? "the value of the credential does: it cannot travel here" : "");
    } else if (!absent && again) {
      context.diagnostics.error(item->at, "this subprotocol stands here twice", "RFC 6455 wants them to differ");
    } else {
      step.subprotocols.push_back(std::move(*text));
    }
  }
}

/// Why it cannot be offered, if so.
std::optional<std::string> check_extension(const std::string& text) {
  const auto offers = wire::parse_extensions(text);
  if (!offers || offers->size() != 1) return fmt::format("{} is no extension with its parameters", backquoted(text));
  const wire::Extension& offer = offers->front();
  if (offer.name != wire::deflate_name)
    return fmt::format("{} is no extension that wsprobe has", backquoted(offer.name));
  return wire::check_deflate_offer(offer);
}

void read_extensions(const Node& node, UpgradeStep& step, const Context& context) {
  if (!expect_list(node, "`extensions`", context.diagnostics)) return;
  if (node.items.size() > maximum_extensions) {
    context.diagnostics.error(node.items[maximum_extensions]->at,
                              fmt::format("more than {} extensions", maximum_extensions));
    return;
  }
  for (const NodePtr& item : node.items) {
    auto text = read_text(*item, "an extension", context.diagnostics);
    if (!text || refuse_reference(*item, "an extension", context.diagnostics)) continue;
    if (const auto problem = check_extension(*text)) {
      context.diagnostics.error(
          item->at, *problem,
          "`permessage-deflate`, or as browsers write it `permessage-deflate; client_max_window_bits`");
    } else {
      step.extensions.push_back(std::move(*text));
    }
  }
}

void read_message_expectation(const Node& node, Message& message, const Context& context) {
  const MapReader map(node, message_expectation_keys, context.diagnostics);
  if (node.kind == NodeKind::map && node.entries.size() != 1) {
    context.diagnostics.error(node.at, "a message is expected in exactly one way", "`text`, `json` or `regex`");
    return;
  }
  if (const Node* text = map.find("text")) {
    auto value = read_text(*text, "`text`", context.diagnostics);
    if (value && !refuse_reference(*text, "an expectation", context.diagnostics))
      message.expect = MessageText{std::move(*value)};
  } else if (const Node* json = map.find("json")) {
    message.expect = MessageJson{read_json_expectations(*json, context)};
  } else if (const Node* regex = map.find("regex")) {
    if (auto pattern = read_regex(*regex, context)) message.expect = MessageRegex{std::move(*pattern)};
  }
}

std::optional<Message> read_message(const Node& node, UpgradeStep& step, const Context& context) {
  const MapReader map(node, message_keys, context.diagnostics);
  Message message;
  if (const Node* send = map.find("send")) {
    if (send->kind == NodeKind::map || send->kind == NodeKind::sequence) {
      context.diagnostics.error(send->at, fmt::format("`send` has to be text, not {}", describe(*send)),
                                "JSON is written in single quotes: '{\"type\": \"ping\"}'");
    } else if (auto text = read_interpolated(*send, "`send`", context, step.credential)) {
      if (!is_utf8(text->reveal()))
        context.diagnostics.error(send->at, "a text message has to be UTF-8; the credential in it is not");
      message.send = std::move(*text);
    }
  }
  if (const Node* expect = map.find("expect")) read_message_expectation(*expect, message, context);
  if (node.kind == NodeKind::map && node.entries.empty()) {
    context.diagnostics.error(node.at, "a message needs `send`, `expect` or both");
    return std::nullopt;
  }
  return message;
}

void read_messages(const Node& node, UpgradeStep& step, const Context& context) {
  if (!expect_list(node, "`messages`", context.diagnostics)) return;
  if (node.items.size() > maximum_messages) {
    context.diagnostics.error(node.items[maximum_messages]->at, fmt::format("more than {} messages", maximum_messages));
    return;
  }
  for (const NodePtr& item : node.items) {
    if (auto message = read_message(*item, step, context)) step.messages.push_back(std::move(*message));
  }
}

void read_close_code(const Node& node, UpgradeStep& step, const Context& context) {
  const auto code = read_integer(node, "`close_code`", 1000, highest_close_code, context.diagnostics);
  if (!code) return;
  if (*code != 1000 && *code < 3000) {
    context.diagnostics.error(node.at, fmt::format("a client does not close with {}", *code),
                              "1000, or 3000 to 4999 (RFC 6455 section 7.4)");
    return;
  }
  step.close_code = *code;
}

}  // namespace

std::optional<std::string> read_regex(const Node& node, const Context& context) {
  auto pattern = read_text(node, "`regex`", context.diagnostics);
  if (!pattern) return std::nullopt;
  if (const auto problem = check_regex(*pattern)) {
    context.diagnostics.error(node.at, "`regex`: " + *problem, "the syntax is that of ECMAScript");
    return std::nullopt;
  }
  return pattern;
}

std::optional<std::string> check_regex(const std::string& pattern) {
  namespace regex = std::regex_constants;
  static const std::array<std::pair<regex::error_type, std::string_view>, 8> problems{{
      {regex::error_paren, "a parenthesis without its partner"},
      {regex::error_brack, "a bracket without its partner"},
      {regex::error_brace, "a brace without its partner"},
      {regex::error_badbrace, "what stands in the braces is not a repetition"},
      {regex::error_range, "a range that ends before it begins"},
      {regex::error_badrepeat, "a repetition of nothing"},
      {regex::error_escape, "an unknown escape"},
      {regex::error_backref, "a reference to a group that is not there"},
  }};
  if (pattern.size() > longest_regex) return fmt::format("it is longer than {} characters", longest_regex);
  try {
    const std::regex compiled(pattern, std::regex::ECMAScript);
  } catch (const std::regex_error& error) {
    for (const auto& [code, problem] : problems) {
      if (code == error.code()) return std::string(problem);
    }
    return "it is not a regular expression, or too complex";
  }
  return std::nullopt;
}

UpgradeStep read_upgrade(const Node& node, const Context& context) {
  UpgradeStep step;
  const MapReader map(node, upgrade_keys, context.diagnostics);
  read_step_name(map.find("name"), step.name, context);
  read_step_path(map.find("path"), step.path, context);
  step.query = read_query(map.find("query"), context, step.credential);
  step.headers = read_headers(map.find("headers"), FieldsOf::upgrade, context, step.credential);
  if (const Node* origin = map.find("origin")) read_origin(*origin, step, context);
  if (const Node* subprotocols = map.find("subprotocols")) read_subprotocols(*subprotocols, step, context);
  if (const Node* extensions = map.find("extensions")) read_extensions(*extensions, step, context);
  if (const Node* messages = map.find("messages")) read_messages(*messages, step, context);
  if (const Node* ping = map.find("ping"))
    step.ping = read_integer(*ping, "`ping`", 0, 1000, context.diagnostics).value_or(0);
  if (const Node* hold = map.find("hold"))
    step.hold = read_duration(*hold, "`hold`", context.diagnostics).value_or(Duration{});
  if (const Node* code = map.find("close_code")) read_close_code(*code, step, context);
  if (const Node* expect = map.find("expect")) {
    step.expect = read_upgrade_expectation(*expect, context);
  } else if (step.credential == CredentialUse::invalid) {
    context.diagnostics.error(node.at, "an upgrade with the invalid credential has to say what it expects",
                              "usually `expect: {rejected_by: backend, status: [401, 403]}`");
  }
  return step;
}

}  // namespace wsprobe::scenario
