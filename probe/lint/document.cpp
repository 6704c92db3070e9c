// JSON is read here and not by the YAML parser, which knows neither JSON's escapes of surrogate pairs nor tabs, nor by
// wire/json_document.hpp, which forgets where a value stands.
#include "lint/document.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"

namespace wsprobe::lint {
namespace {

constexpr std::size_t maximum_json_values = 100'000;
constexpr int maximum_json_depth = 64;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6U);
    byte(0x80 | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12U);
    byte(0x80 | (code >> 6U & 0x3FU));
    byte(0x80 | (code & 0x3FU));
  } else {
    byte(0xF0 | code >> 18U);
    byte(0x80 | (code >> 12U & 0x3FU));
    byte(0x80 | (code >> 6U & 0x3FU));
    byte(0x80 | (code & 0x3FU));
  }
}

/// Recursive descent, with the first problem kept; every function returns null, or false, after one.
class JsonReader {
 public:
  explicit JsonReader(const Source& source) : source_(source), text_(source.text) {}

  tl::expected<NodePtr, Problem> read() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_start_ = 3;
    NodePtr root = value(0);
    skip_space();
    if (root && at_ < text_.size()) refuse("the document ends here; this is something more");
    if (problem_) return tl::unexpected(std::move(*problem_));
    return root;
  }

 private:
  void refuse(std::string message) {
    if (problem_) return;
    problem_ = Problem{{source_.name, line_, column()}, "not JSON: " + std::move(message), {}};
  }
  [[nodiscard]] int column() const { return static_cast<int>(at_ - line_start_) + 1; }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] std::string here() const {
    if (at_ >= text_.size()) return "the end of the file";
    const std::size_t length = std::max<std::size_t>(utf8_length(text_, at_), 1);
    return fmt::format("`{}`", escape_for_display(text_.substr(at_, length)));
  }

  void skip_space() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  bool take(char wanted) {
    skip_space();
    if (peek() != wanted || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  NodePtr value(int depth) {
    skip_space();
    if (depth > maximum_json_depth) refuse(fmt::format("nested more than {} levels deep", maximum_json_depth));
    if (++values_ > maximum_json_values) refuse(fmt::format("more than {} values", maximum_json_values));
    if (problem_) return nullptr;
    auto node = std::make_shared<Node>();
    node->at = {line_, column()};
    bool good = false;
    switch (peek()) {
      case '{': good = object(*node, depth); break;
      case '[': good = array(*node, depth); break;
      case '"':
        node->kind = scenario::NodeKind::quoted;
        good = string(node->text);
        break;
      default: good = word(*node);
    }
    node->next = {line_, column()};
    return good ? node : nullptr;
  }

  bool object(Node& node, int depth) {
    node.kind = scenario::NodeKind::map;
    ++at_;
    if (take('}')) return true;
    std::unordered_set<std::string> keys;
    do {
      skip_space();
      scenario::MapEntry entry;
      entry.at = {line_, column()};
      if (peek() != '"') return refuse("expected a key in quotes, not " + here()), false;
      if (!string(entry.key)) return false;
      if (!keys.insert(entry.key).second) {
        at_ = line_start_ + static_cast<std::size_t>(entry.at.column) - 1;
        return refuse(fmt::format("the key {} stands here twice", scenario::backquoted(entry.key))), false;
      }
      if (!take(':')) return refuse("expected `:`, not " + here()), false;
      entry.value = value(depth + 1);
      if (!entry.value) return false;
      node.entries.push_back(std::move(entry));
    } while (take(','));
    if (take('}')) return true;
    return refuse("expected `,` or `}`, not " + here()), false;
  }

  bool array(Node& node, int depth) {
    node.kind = scenario::NodeKind::sequence;
    ++at_;
    if (take(']')) return true;
    do {
      node.items.push_back(value(depth + 1));
      if (!node.items.back()) return false;
    } while (take(','));
    if (take(']')) return true;
    return refuse("expected `,` or `]`, not " + here()), false;
  }

  bool word(Node& node) {
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n,]}:\"", at_), text_.size());
    const std::string_view word = text_.substr(at_, end - at_);
    double number = 0;
    const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool numeric = error == std::errc() && last == word.data() + word.size() &&
                         (word.front() == '-' || (word.front() >= '0' && word.front() <= '9'));
    if (word != "true" && word != "false" && word != "null" && !numeric) {
      return refuse("expected a value, not " + here()), false;
    }
    node.kind = word == "null" ? scenario::NodeKind::null : scenario::NodeKind::plain;
    if (word != "null") node.text = word;
    at_ = end;
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return refuse("a string that is never closed"), false;
      if (text_[at_] != '\\') {
        out += text_[at_++];
      } else if (!escape(out)) {
        return refuse("an unknown escape"), false;
      }
    }
    if (at_ >= text_.size()) return refuse("a string that is never closed"), false;
    ++at_;
    return true;
  }

  bool escape(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (const std::size_t index = letters.find(letter); letter != '\0' && index != std::string_view::npos) {
      out += values[index];
      at_ += 2;
      return true;
    }
    auto code = code_unit();
    if (!code) return false;
    if (*code >= 0xD800 && *code < 0xDC00) {
      const auto low = code_unit();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      code = 0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00);
    } else if (*code >= 0xDC00 && *code <= 0xDFFF) {
      return false;
    }
    append_utf8(out, *code);
    return true;
  }

  std::optional<std::uint32_t> code_unit() {
    std::uint32_t code = 0;
    if (text_.substr(at_, 2) != "\\u" || at_ + 6 > text_.size()) return std::nullopt;
    const char* digits = text_.data() + at_ + 2;
    if (std::from_chars(digits, digits + 4, code, 16).ptr != digits + 4) return std::nullopt;
    at_ += 6;
    return code;
  }

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  std::size_t values_ = 0;
  std::optional<Problem> problem_;
};

NodePtr merged(const NodePtr& node);

/// The entries of what a `<<` names: a map, or a list of maps of which the first has precedence.
void merge_into(Node& map, const Node& value) {
  for (const NodePtr& item : value.items) merge_into(map, *item);
  for (const scenario::MapEntry& entry : value.entries) {
    if (member(map, entry.key) == nullptr) map.entries.push_back(entry);
  }
}

/// With every merge key replaced by what it stands for. The tree is bounded by the parser, aliases counted.
NodePtr merged(const NodePtr& node) {
  auto copy = std::make_shared<Node>(*node);
  copy->entries.clear();
  std::vector<NodePtr> defaults;
  for (const scenario::MapEntry& entry : node->entries) {
    NodePtr value = merged(entry.value);
    if (entry.key == "<<") {
      defaults.push_back(std::move(value));
    } else {
      copy->entries.push_back({entry.key, entry.at, std::move(value)});
    }
  }
  for (const NodePtr& value : defaults) merge_into(*copy, *value);
  for (NodePtr& item : copy->items) item = merged(item);
  return copy;
}

}  // namespace

tl::expected<NodePtr, Problem> parse_json(const Source& source) { return JsonReader(source).read(); }

tl::expected<NodePtr, Problem> parse_yaml(const Source& source) {
  scenario::Diagnostics diagnostics(source.name, source.text);
  const NodePtr root = scenario::parse_yaml(source.text, diagnostics, scenario::Dialect::foreign);
  if (root && !diagnostics.has_errors()) return merged(root);
  const auto errors = diagnostics.take(scenario::Severity::error);
  if (errors.empty()) return tl::unexpected(Problem{{source.name, 0, 0}, "not YAML", {}});
  const scenario::Diagnostic& first = errors.front();
  return tl::unexpected(Problem{{source.name, first.line, first.column}, first.message, first.help});
}

const Node* member(const Node& node, std::string_view key) {
  for (const scenario::MapEntry& entry : node.entries) {
    if (entry.key == key) return entry.value.get();
  }
  return nullptr;
}

const Node* path(const Node& node, std::initializer_list<std::string_view> keys) {
  const Node* at = &node;
  for (const std::string_view key : keys) {
    at = member(*at, key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string text_of(const Node* node) { return node != nullptr && node->is_scalar() ? node->text : std::string(); }

Place place_of(const Source& source, const Node& node) { return {source.name, node.at.line, node.at.column}; }

}  // namespace wsprobe::lint
