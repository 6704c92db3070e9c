#include "web/request.hpp"

#include <algorithm>
#include <charconv>

#include "wire/grammar.hpp"

namespace wsprobe::web {
namespace {

bool is_target(std::string_view text) {
  return !text.empty() && text.front() == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

bool list_has(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equals_ignoring_case(wire::trim_whitespace(list.substr(0, comma)), wanted)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus == PlusSign::space) {
      out += ' ';
    } else if (text[at] != '%') {
      out += text[at];
    } else {
      const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  return out;
}

const std::string* Request::find(std::string_view field_name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const HeaderField& field) {
    return equals_ignoring_case(field.name, field_name);
  });
  return found == fields.end() ? nullptr : &found->value;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (percent_decode(pair.substr(0, equals), PlusSign::space) == name) {
      return percent_decode(pair.substr(std::min(equals + 1, pair.size())), PlusSign::space);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

RequestParser::State RequestParser::feed(std::string_view bytes) {
  if (state_ == State::refused) return state_;
  buffer_ += bytes;
  return advance();
}

RequestParser::State RequestParser::advance() {
  if (state_ == State::head && read_head() == State::refused) return state_;
  if (state_ == State::body && buffer_.size() >= body_size_) {
    request_.body = buffer_.substr(0, body_size_);
    buffer_.erase(0, body_size_);
    state_ = State::complete;
  }
  return state_;
}

RequestParser::State RequestParser::refuse(int status) {
  refusal_ = status;
  return state_ = State::refused;
}

RequestParser::State RequestParser::read_head() {
  // Empty lines before a request are let pass (RFC 9112 section 2.2), a few of them.
  while (buffer_.starts_with("\r\n") && searched_ == 0) buffer_.erase(0, 2);
  const std::size_t end = buffer_.find("\r\n\r\n", searched_ < 3 ? 0 : searched_ - 3);
  searched_ = buffer_.size();
  const std::size_t first_line = buffer_.find("\r\n");
  if (std::min(first_line, buffer_.size()) > limits_.line) return refuse(414);
  if (std::min(end, buffer_.size()) > limits_.head) return refuse(431);
  if (end == std::string::npos) return state_;

  std::string_view head(buffer_.data(), end + 2);
  int status = read_request_line(head.substr(0, first_line));
  head.remove_prefix(first_line + 2);
  while (status == 0 && !head.empty()) {
    const std::size_t line_end = head.find("\r\n");
    status = request_.fields.size() >= limits_.fields ? 431 : read_field(head.substr(0, line_end));
    head.remove_prefix(line_end + 2);
  }
  if (status == 0) status = conclude_head();
  if (status != 0) return refuse(status);
  buffer_.erase(0, end + 4);
  searched_ = 0;
  return state_ = State::body;
}

int RequestParser::read_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!wire::is_token(method)) return 400;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return version.starts_with("HTTP/") ? 505 : 400;
  if (!is_target(target)) return 400;
  const std::size_t question_mark = std::min(target.find('?'), target.size());
  auto path = percent_decode(target.substr(0, question_mark), PlusSign::literal);
  if (!path || wire::has_control(*path)) return 400;
  old_version_ = version == "HTTP/1.0";
  request_.method = method;
  request_.path = std::move(*path);
  request_.query = target.substr(std::min(question_mark + 1, target.size()));
  return 0;
}

int RequestParser::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !wire::is_token(line.substr(0, colon))) return 400;
  const std::string_view value = wire::trim_whitespace(line.substr(colon + 1));
  if (wire::has_control(value)) return 400;
  request_.fields.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return 0;
}

int RequestParser::conclude_head() {
  int hosts = 0;
  int lengths = 0;
  bool close = old_version_;
  for (const HeaderField& field : request_.fields) {
    if (equals_ignoring_case(field.name, "Host")) ++hosts;
    if (equals_ignoring_case(field.name, "Transfer-Encoding")) return 501;
    if (equals_ignoring_case(field.name, "Expect")) expects_continue_ = list_has(field.value, "100-continue");
    if (equals_ignoring_case(field.name, "Connection")) close = old_version_ || list_has(field.value, "close");
    if (!equals_ignoring_case(field.name, "Content-Length")) continue;
    const char* end = field.value.data() + field.value.size();
    const auto [stop, problem] = std::from_chars(field.value.data(), end, body_size_);
    if (problem == std::errc::result_out_of_range) return 413;
    if (problem != std::errc() || stop != end) return 400;
    ++lengths;
  }
  if (hosts > 1 || (hosts == 0 && !old_version_) || lengths > 1) return 400;
  if (body_size_ > limits_.body) return 413;
  if (body_size_ == 0) expects_continue_ = false;
  request_.keep_alive = !close;
  return 0;
}

bool RequestParser::take_expectation() {
  const bool expected = state_ == State::body && expects_continue_;
  expects_continue_ = false;
  return expected;
}

Request RequestParser::take() {
  Request taken = std::move(request_);
  std::string rest = std::move(buffer_);
  *this = RequestParser(limits_);
  feed(rest);
  return taken;
}

}  // namespace wsprobe::web
