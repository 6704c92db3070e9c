#include "browser/html.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

using Names = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view name, Names names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whose contents are text and nothing else, as a browser with scripting enabled reads them.
bool holds_text(std::string_view tag) {
  return is_one_of(tag, {"style", "xmp", "iframe", "noembed", "noframes", "noscript", "title", "textarea"});
}

/// What may stand in the head or before it; anything else begins the body.
bool belongs_to_head(std::string_view tag) {
  return is_one_of(tag, {"html", "head", "base", "basefont", "bgsound", "link", "meta", "title", "noscript", "noframes",
                         "style", "script", "template"});
}

/// Start tags that end an svg or math element that was not closed.
bool breaks_out(std::string_view tag) {
  return is_one_of(
      tag, {"b",  "big", "blockquote", "body", "br",    "center", "code",   "dd",  "div", "dl", "dt",   "em",   "h1",
            "h2", "h3",  "h4",         "h5",   "h6",    "head",   "hr",     "i",   "img", "li", "menu", "meta", "ol",
            "p",  "pre", "span",       "s",    "small", "table",  "strong", "sub", "sup", "tt", "u",    "ul",   "var"});
}

bool ends_name(char c) { return is_space(c) || c == '/' || c == '>'; }

std::string normalize_line_ends(std::string_view document) {
  std::string out;
  out.reserve(document.size());
  for (std::size_t at = 0; at < document.size(); ++at) {
    if (document[at] == '\r') {
      out += '\n';
      if (at + 1 < document.size() && document[at + 1] == '\n') ++at;
    } else {
      out += document[at];
    }
  }
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Html read() {
    while (at_ < text_.size() && !html_.cut) {
      const std::size_t next = std::min(text_.find('<', at_), text_.size());
      note_text(text_.substr(at_, next - at_));
      at_ = next;
      if (at_ < text_.size()) read_markup();
    }
    return std::move(html_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  [[nodiscard]] bool looking_at(std::string_view wanted) const {
    return same_ignoring_case(text_.substr(at_, wanted.size()), wanted);
  }

  void note_text(std::string_view text) {
    if (templates_ == 0 && !std::all_of(text.begin(), text.end(), is_space)) in_head_ = false;
  }

  void read_markup() {
    if (is_alpha(peek(1))) {
      read_start_tag();
    } else if (peek(1) == '/' && is_alpha(peek(2))) {
      read_end_tag();
    } else if (looking_at("<!--")) {
      skip_comment();
    } else if (foreign_ && text_.substr(at_).starts_with("<![CDATA[")) {
      skip_behind("]]>");
    } else if (peek(1) == '!' || peek(1) == '?' || peek(1) == '/') {
      skip_behind(">");
    } else {
      note_text("<");
      ++at_;
    }
  }

  void skip_behind(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }

  /// The dashes that begin a comment may end it too: `<!-->`, `<!--->`.
  void skip_comment() {
    at_ += 2;
    const std::size_t usual = text_.find("-->", at_);
    const std::size_t odd = text_.find("--!>", at_ + 2);
    if (usual == std::string_view::npos && odd == std::string_view::npos) {
      at_ = text_.size();
    } else {
      at_ = usual < odd ? usual + 3 : odd + 4;
    }
  }

  struct Tag {
    std::string name;
    std::vector<Attribute> attributes;
    bool self_closing = false;
    bool complete = false;  ///< its `>` came
  };

  /// From behind `<` or `</`.
  Tag read_tag() {
    Tag tag;
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ends_name(text_[at_])) ++at_;
    tag.name = lower_case(text_.substr(begin, at_ - begin));
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '>') {
        ++at_;
        tag.complete = true;
        break;
      }
      tag.self_closing = c == '/' && peek(1) == '>';
      if (is_space(c) || c == '/') {
        ++at_;
      } else {
        read_attribute(tag);
      }
    }
    return tag;
  }

  void read_attribute(Tag& tag) {
    const std::size_t begin = at_++;  // a `=` that comes first is part of the name
    while (at_ < text_.size() && !ends_name(text_[at_]) && text_[at_] != '=') ++at_;
    Attribute attribute{lower_case(text_.substr(begin, at_ - begin)), {}};
    skip_spaces();
    if (peek(0) == '=') {
      ++at_;
      skip_spaces();
      attribute.value = decode_references(read_value());
    }
    const bool known = std::any_of(tag.attributes.begin(), tag.attributes.end(),
                                   [&](const Attribute& other) { return other.name == attribute.name; });
    if (!known && tag.attributes.size() < most_attributes) tag.attributes.push_back(std::move(attribute));
  }

  std::string_view read_value() {
    const char quote = peek(0);
    if (quote == '"' || quote == '\'') {
      const std::size_t begin = ++at_;
      const std::size_t end = std::min(text_.find(quote, begin), text_.size());
      at_ = std::min(end + 1, text_.size());
      return text_.substr(begin, end - begin);
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '>') ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  void read_start_tag() {
    const std::size_t line = line_at(at_);
    ++at_;
    Tag tag = read_tag();
    if (!tag.complete) return;
    if (foreign_ && breaks_out(tag.name)) foreign_ = false;
    if (templates_ == 0 && !belongs_to_head(tag.name)) in_head_ = false;
    if ((tag.name == "svg" || tag.name == "math") && !tag.self_closing) foreign_ = true;
    if (tag.name == "template" && !foreign_) ++templates_;
    if (tag.name == "plaintext") at_ = text_.size();
    if (tag.name == "script") {
      read_script(std::move(tag), line);
    } else if (tag.name == "base") {
      add(Element::Kind::base, std::move(tag), line);
    } else if (tag.name == "meta") {
      add(Element::Kind::meta, std::move(tag), line);
    } else if (!foreign_ && holds_text(tag.name)) {
      find_end_tag(tag.name);
    }
  }

  void read_end_tag() {
    at_ += 2;
    const Tag tag = read_tag();
    if (!tag.complete) return;
    if (tag.name == "svg" || tag.name == "math") foreign_ = false;
    if (tag.name == "template" && templates_ > 0) --templates_;
    if (templates_ == 0 && is_one_of(tag.name, {"body", "html", "br"})) in_head_ = false;
  }

  void read_script(Tag tag, std::size_t line) {
    const bool empty = foreign_ && tag.self_closing;
    const std::size_t begin = at_;
    if (!empty) find_script_end();
    Element* element = add(Element::Kind::script, std::move(tag), line);
    if (element == nullptr) return;
    element->text_line = line_at(begin);
    element->text = text_.substr(begin, at_ - begin);
  }

  Element* add(Element::Kind kind, Tag tag, std::size_t line) {
    if (templates_ > 0) return nullptr;
    if (html_.elements.size() == most_elements) {
      html_.cut = true;
      return nullptr;
    }
    Element& element = html_.elements.emplace_back();
    element.kind = kind;
    element.attributes = std::move(tag.attributes);
    element.line = line;
    element.in_head = in_head_;
    return &element;
  }

  /// Whether `</name` stands at `at`, as an end tag.
  [[nodiscard]] bool is_end_tag(std::size_t at, std::string_view name) const {
    return text_.substr(at, 2) == "</" && is_tag_name(at + 2, name);
  }

  [[nodiscard]] bool is_tag_name(std::size_t at, std::string_view name) const {
    return at + name.size() < text_.size() && same_ignoring_case(text_.substr(at, name.size()), name) &&
           ends_name(text_[at + name.size()]);
  }

  /// Leaves at_ at the end tag, or at the end of the document.
  void find_end_tag(std::string_view name) {
    while (at_ < text_.size() && !is_end_tag(at_, name)) at_ = std::min(text_.find('<', at_ + 1), text_.size());
  }

  /// The same for a script, in which `<!-- <script>` hides the next end tag.
  void find_script_end() {
    enum class State : std::uint8_t { plain, escaped, double_escaped };
    State state = State::plain;
    for (; at_ < text_.size(); ++at_) {
      if (state != State::plain && text_.substr(at_, 3) == "-->") {
        state = State::plain;
        at_ += 2;
      } else if (state == State::plain && text_.substr(at_, 4) == "<!--") {
        state = State::escaped;
        ++at_;  // its dashes may be those of "-->"
      } else if (is_end_tag(at_, "script")) {
        if (state != State::double_escaped) return;
        state = State::escaped;
      } else if (state == State::escaped && text_[at_] == '<' && is_tag_name(at_ + 1, "script")) {
        state = State::double_escaped;
      }
    }
  }

  /// Positions are asked for in rising order.
  std::size_t line_at(std::size_t position) {
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
    counted_ = position;
    return line_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t counted_ = 0;
  std::size_t templates_ = 0;
  bool foreign_ = false;  ///< inside svg or math
  bool in_head_ = true;
  Html html_;
};

}  // namespace

const std::string* Element::find(std::string_view name) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const Attribute& attribute) { return attribute.name == name; });
  return found == attributes.end() ? nullptr : &found->value;
}

Html read_html(std::string_view document) {
  if (document.starts_with("\xef\xbb\xbf")) document.remove_prefix(3);
  const std::string text = normalize_line_ends(document);
  return Reader(text).read();
}

}  // namespace wsprobe::browser
