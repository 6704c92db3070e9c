// Each value is a netstring, "LENGTH:BYTES,"; a number is one in decimal digits, a list begins with how many it has.
#include "browser/script_protocol.hpp"

#include <charconv>
#include <utility>

#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

constexpr std::string_view request_mark = "wsprobe script request 1";
constexpr std::string_view answer_mark = "wsprobe script answer 1";

class Writer {
 public:
  void text(std::string_view value) {
    out_ += std::to_string(value.size());
    out_ += ':';
    out_ += value;
    out_ += ',';
  }
  void number(std::size_t value) { text(std::to_string(value)); }

  template <typename Items, typename Write>
  void list(const Items& items, Write write) {
    number(items.size());
    for (const auto& item : items) write(item);
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Fails once and for all: after that it gives empty values.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string text(std::size_t longest) {
    std::size_t length = 0;
    const std::size_t colon = rest_.substr(0, 12).find(':');
    if (colon == std::string_view::npos || !read_number(rest_.substr(0, colon), length) || length > longest ||
        rest_.size() - colon < length + 2 || rest_[colon + 1 + length] != ',') {
      fail();
      return {};
    }
    std::string value(rest_.substr(colon + 1, length));
    rest_.remove_prefix(colon + length + 2);
    return value;
  }

  std::size_t number(std::size_t largest) {
    std::size_t value = 0;
    if (!read_number(text(12), value) || value > largest) {
      fail();
      return 0;
    }
    return value;
  }

  bool truth() { return number(1) == 1; }

  template <typename Item, typename Read>
  std::vector<Item> list(std::size_t most, Read read) {
    std::vector<Item> items;
    const std::size_t count = number(most);
    for (std::size_t at = 0; at < count && good_; ++at) items.push_back(read());
    return items;
  }

  void fail() {
    good_ = false;
    rest_ = {};
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  static bool read_number(std::string_view digits, std::size_t& value) {
    const char* end = digits.data() + digits.size();
    const auto [stop, problem] = std::from_chars(digits.data(), end, value);
    return !digits.empty() && problem == std::errc() && stop == end;
  }

  std::string_view rest_;
  bool good_ = true;
};

constexpr std::size_t longest_line = 100'000'000;

void write(Writer& out, const ScriptPlace& place) {
  out.number(place.script ? *place.script + 1 : 0);
  out.number(place.line);
}

ScriptPlace read_place(Reader& in) {
  ScriptPlace place;
  const std::size_t script = in.number(most_scripts);
  if (script > 0) place.script = script - 1;
  place.line = in.number(longest_line);
  return place;
}

void write(Writer& out, const ScriptRun& run) {
  out.number(static_cast<std::size_t>(run.end));
  out.text(run.detail);
  out.number(run.line);
}

ScriptRun read_run(Reader& in) {
  ScriptRun run;
  run.end = static_cast<ScriptEnd>(in.number(static_cast<std::size_t>(ScriptEnd::not_run)));
  run.detail = in.text(longest_message);
  run.line = in.number(longest_line);
  return run;
}

}  // namespace

std::string encode(const ScriptRequest& request) {
  Writer out;
  out.text(request_mark);
  out.text(request.page);
  out.text(request.base);
  out.text(request.variable);
  out.list(request.scripts, [&](const ScriptText& script) {
    out.text(script.address);
    out.text(script.text);
    out.number(script.first_line);
    out.number(script.module ? 1 : 0);
    out.number(script.deferred ? 1 : 0);
  });
  return out.take();
}

std::string encode(const ScriptAnswer& answer) {
  Writer out;
  out.text(answer_mark);
  const auto write_run = [&](const ScriptRun& run) { write(out, run); };
  out.list(answer.runs, write_run);
  out.list(answer.later, write_run);
  out.number(answer.value ? 1 : 0);
  if (answer.value) out.text(*answer.value);
  out.text(answer.value_type);
  write(out, answer.assigned);
  out.number(answer.changed_later ? 1 : 0);
  out.list(answer.found, [&](const FoundValue& found) {
    out.text(found.path);
    out.text(found.value);
  });
  out.list(answer.sockets, [&](const SocketCall& call) {
    out.text(call.url);
    write(out, call.place);
  });
  return out.take();
}

tl::expected<ScriptRequest, std::string> decode_request(std::string_view bytes) {
  if (bytes.size() > largest_request) return tl::unexpected<std::string>("the request is too large");
  Reader in(bytes);
  if (in.text(64) != request_mark) return tl::unexpected<std::string>("this is no request to a script host");
  ScriptRequest request;
  request.page = in.text(65536);
  request.base = in.text(65536);
  request.variable = in.text(1024);
  request.scripts = in.list<ScriptText>(most_scripts, [&] {
    ScriptText script;
    script.address = in.text(65536);
    script.text = in.text(most_script_bytes);
    script.first_line = in.number(longest_line);
    script.module = in.truth();
    script.deferred = in.truth();
    return script;
  });
  if (!in.good() || !in.at_end()) return tl::unexpected<std::string>("the request cannot be read");
  return request;
}

tl::expected<ScriptAnswer, std::string> decode_answer(std::string_view bytes) {
  if (bytes.size() > largest_answer) return tl::unexpected<std::string>("the answer is too large");
  Reader in(bytes);
  if (in.text(64) != answer_mark) return tl::unexpected<std::string>("what it wrote is no answer of a script host");
  ScriptAnswer answer;
  answer.runs = in.list<ScriptRun>(most_scripts, [&] { return read_run(in); });
  answer.later = in.list<ScriptRun>(most_scripts, [&] { return read_run(in); });
  if (in.truth()) answer.value = in.text(longest_found_value);
  answer.value_type = in.text(longest_message);
  answer.assigned = read_place(in);
  answer.changed_later = in.truth();
  answer.found = in.list<FoundValue>(most_found_values, [&] {
    std::string path = in.text(longest_message);
    return FoundValue{std::move(path), in.text(longest_found_value)};
  });
  answer.sockets = in.list<SocketCall>(most_found_values, [&] {
    std::string url = in.text(longest_found_value);
    return SocketCall{std::move(url), read_place(in)};
  });
  if (!in.good() || !in.at_end()) return tl::unexpected<std::string>("its answer cannot be read");
  return answer;
}

}  // namespace wsprobe::browser
