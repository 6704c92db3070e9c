#include "browser/page.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

constexpr std::array<std::string_view, 16> javascript_types = {
    "application/ecmascript", "application/javascript", "application/x-ecmascript", "application/x-javascript",
    "text/ecmascript",        "text/javascript",        "text/javascript1.0",       "text/javascript1.1",
    "text/javascript1.2",     "text/javascript1.3",     "text/javascript1.4",       "text/javascript1.5",
    "text/jscript",           "text/livescript",        "text/x-ecmascript",        "text/x-javascript"};

enum class Kind : std::uint8_t { classic, module, no_script };

/// HTML Standard, "prepare the script element".
Kind kind_of(const Element& element) {
  const std::string* type = element.find("type");
  const std::string* language = element.find("language");
  std::string text = "text/javascript";
  if (type != nullptr) {
    if (!type->empty()) text = trim(*type);
  } else if (language != nullptr && !language->empty()) {
    text = "text/" + *language;
  }
  if (same_ignoring_case(text, "module")) return Kind::module;
  return is_javascript_type(text) ? Kind::classic : Kind::no_script;
}

ScriptTiming timing_of(const Element& element, Kind kind, bool external) {
  const bool may_wait = external || kind == Kind::module;
  if (may_wait && element.find("async") != nullptr) return ScriptTiming::at_will;
  if (kind == Kind::module || (external && element.find("defer") != nullptr)) return ScriptTiming::deferred;
  return ScriptTiming::at_once;
}

/// "5; url=/other" (HTML Standard, "shared declarative refresh steps"), the URL as it stands there.
std::optional<std::pair<unsigned, std::string>> read_refresh(std::string_view text) {
  text = trim(text);
  unsigned seconds = 0;
  const bool has_number = !text.empty() && (is_digit(text.front()) || text.front() == '.');
  if (!has_number) return std::nullopt;
  while (!text.empty() && is_digit(text.front())) {
    seconds = std::min(seconds * 10 + static_cast<unsigned>(text.front() - '0'), 1000000U);
    text.remove_prefix(1);
  }
  while (!text.empty() && (is_digit(text.front()) || text.front() == '.')) text.remove_prefix(1);
  if (!text.empty() && text.front() != ';' && text.front() != ',' && !is_space(text.front())) return std::nullopt;
  text = trim(text);
  if (!text.empty() && (text.front() == ';' || text.front() == ',')) text = trim(text.substr(1));
  if (text.empty()) return std::nullopt;  // the page loads itself again
  if (same_ignoring_case(text.substr(0, 3), "url")) {
    const std::string_view behind = trim(text.substr(3));
    if (behind.starts_with('=')) text = trim(behind.substr(1));
  }
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
    const char quote = text.front();
    text = text.substr(1, text.find(quote, 1) - 1);
  }
  return std::pair{seconds, std::string(text)};
}

class Page {
 public:
  explicit Page(const Url& url) : url_(url) {
    contents_.base = url;
    contents_.base.fragment.reset();
  }

  PageContents read(const Html& html) {
    for (Element element : html.elements) {
      switch (element.kind) {
        case Element::Kind::base: take_base(element); break;
        case Element::Kind::meta: take_meta(element); break;
        case Element::Kind::script: take_script(std::move(element)); break;
      }
    }
    if (html.cut) contents_.problems.push_back("the page has more elements than are looked at");
    std::stable_sort(contents_.scripts.begin(), contents_.scripts.end(),
                     [](const PageScript& left, const PageScript& right) { return left.timing < right.timing; });
    return std::move(contents_);
  }

 private:
  /// The first one with a href counts.
  void take_base(const Element& element) {
    const std::string* href = element.find("href");
    if (href == nullptr || has_base_) return;
    has_base_ = true;
    const auto base = parse_url(*href, &contents_.base);
    if (base && base->is_web()) contents_.base = *base;
  }

  void take_meta(const Element& element) {
    const std::string* equivalent = element.find("http-equiv");
    const std::string* content = element.find("content");
    if (equivalent == nullptr || content == nullptr || content->empty()) return;
    if (same_ignoring_case(*equivalent, "content-security-policy")) {
      if (element.in_head) contents_.policies.push_back({*content, element.line});
    } else if (same_ignoring_case(*equivalent, "refresh") && !has_refresh_) {
      take_refresh(*content, element.line);
    }
  }

  void take_refresh(std::string_view content, std::size_t line) {
    const auto refresh = read_refresh(content);
    if (!refresh) return;
    has_refresh_ = true;
    const auto target = parse_url(refresh->second, &contents_.base);
    if (!target || !target->is_web()) return;
    Url page = *target;
    page.fragment.reset();
    Url own = url_;
    own.fragment.reset();
    if (page != own) contents_.refresh = Refresh{*target, refresh->first, line};
  }

  void take_script(Element element) {
    const Kind kind = kind_of(element);
    const std::string* source = element.find("src");
    if (kind == Kind::no_script) return;
    if (kind == Kind::classic && element.find("nomodule") != nullptr) return;
    PageScript script;
    script.module = kind == Kind::module;
    script.line = element.line;
    script.text_line = element.text_line;
    script.timing = timing_of(element, kind, source != nullptr);
    if (source != nullptr) {
      const auto url =
          trim(*source).empty() ? tl::unexpected(std::string("it is empty")) : parse_url(*source, &contents_.base);
      if (!url) {
        contents_.problems.push_back(
            fmt::format("the script of line {} has an address that cannot be read: {}", element.line, url.error()));
        return;
      }
      script.source = *url;
    } else {
      if (element.text.empty()) return;
      script.text = std::move(element.text);
    }
    script.attributes = std::move(element.attributes);
    contents_.scripts.push_back(std::move(script));
  }

  const Url& url_;
  PageContents contents_;
  bool has_base_ = false;
  bool has_refresh_ = false;
};

}  // namespace

bool is_javascript_type(std::string_view type) {
  const std::string name = lower_case(type);
  return std::find(javascript_types.begin(), javascript_types.end(), name) != javascript_types.end();
}

PageContents read_page(const Url& url, std::string_view html) { return Page(url).read(read_html(html)); }

}  // namespace wsprobe::browser
