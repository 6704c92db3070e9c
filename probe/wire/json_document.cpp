// nlohmann's parser drives a handler that builds our small tree, because its own tree keeps the last of two equal keys
// and a health document that says "status" twice is not one to trust.
#include "wire/json_document.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "wire/grammar.hpp"

namespace wsprobe::wire {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::size_t most_levels = 64;
constexpr std::size_t most_values = 100'000;  // a value costs about a hundred bytes here and two in the document
constexpr std::size_t shown_bytes = 200;

}  // namespace

struct JsonDocument::Value {
  using Member = std::pair<std::string, std::shared_ptr<Value>>;
  using Array = std::vector<std::shared_ptr<Value>>;
  using Object = std::vector<Member>;
  struct Number {
    std::string text;  // as it stands in the document
  };
  std::variant<std::nullptr_t, bool, Number, std::string, Array, Object> content = nullptr;

  [[nodiscard]] const Value* at(std::string_view pointer) const;
  [[nodiscard]] std::string to_text() const;

  /// Builds the tree; false ends the parse, `problem` then says why.
  class Builder;
};

class JsonDocument::Value::Builder {
 public:
  explicit Builder(std::string_view document) : document_(document) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(Number{fmt::to_string(value)}); }
  bool number_unsigned(std::uint64_t value) { return add(Number{fmt::to_string(value)}); }
  bool number_float(double, const std::string& text) { return add(Number{text}); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Object{}); }
  bool start_array(std::size_t) { return open(Array{}); }
  bool end_object() {
    const bool unique = has_unique_keys(std::get<Object>(open_.back()->content));
    open_.pop_back();
    return unique;
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }

  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) {
    if (dynamic_cast<const nlohmann::json::out_of_range*>(&error) != nullptr) {
      problem = fmt::format("a number out of range: {}", escape_for_display(shorten(token, 60)));
      return false;
    }
    std::size_t line = 1;
    std::size_t line_start = 0;
    const std::size_t end = std::min(position == 0 ? 0 : position - 1, document_.size());
    for (std::size_t at = 0; at < end; ++at) {
      if (document_[at] != '\n') continue;
      ++line;
      line_start = at + 1;
    }
    problem = end >= document_.size() ? "the document ends too early"
                                      : fmt::format("not JSON at line {}, column {}", line, end - line_start + 1);
    return false;
  }

  std::shared_ptr<Value> root;
  std::string problem;

 private:
  template <typename Content>
  bool add(Content scalar) {
    auto value = std::make_shared<Value>();
    value->content = std::move(scalar);
    return place(std::move(value));
  }

  template <typename Container>
  bool open(Container container) {
    if (open_.size() >= most_levels) {
      problem = fmt::format("nested deeper than {} levels", most_levels);
      return false;
    }
    auto value = std::make_shared<Value>();
    value->content = std::move(container);
    Value* opened = value.get();
    if (!place(std::move(value))) return false;
    open_.push_back(opened);
    return true;
  }

  bool has_unique_keys(const Object& object) {
    std::vector<std::string_view> keys;
    keys.reserve(object.size());
    for (const auto& [name, value] : object) keys.push_back(name);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return true;
    problem = fmt::format("duplicate key \"{}\"", escape_for_display(shorten(*twice, 60)));
    return false;
  }

  bool place(std::shared_ptr<Value> value) {
    if (++values_ > most_values) {
      problem = fmt::format("more than {} values", most_values);
      return false;
    }
    if (open_.empty()) {
      root = std::move(value);
    } else if (auto* array = std::get_if<Array>(&open_.back()->content)) {
      array->push_back(std::move(value));
    } else {
      std::get<Object>(open_.back()->content).emplace_back(std::move(key_), std::move(value));
    }
    return true;
  }

  std::string_view document_;
  std::size_t values_ = 0;
  std::vector<Value*> open_;
  std::string key_;
};

namespace {

std::string unescape_token(std::string_view token) {
  std::string out;
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] == '~' && at + 1 < token.size()) {
      out += token[++at] == '1' ? '/' : '~';
    } else {
      out += token[at];
    }
  }
  return out;
}

}  // namespace

const JsonDocument::Value* JsonDocument::Value::at(std::string_view pointer) const {
  if (check_pointer(pointer)) return nullptr;
  const Value* value = this;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = std::min(pointer.find('/'), pointer.size());
    const std::string token = unescape_token(pointer.substr(0, slash));
    pointer.remove_prefix(slash);
    const Value* next = nullptr;
    if (const auto* object = std::get_if<Object>(&value->content)) {
      for (const auto& [key, member] : *object) {
        if (key == token) next = member.get();
      }
    } else if (const auto* array = std::get_if<Array>(&value->content)) {
      std::size_t index = 0;
      const auto [end, failure] = std::from_chars(token.data(), token.data() + token.size(), index);
      const bool canonical = token == "0" || (!token.empty() && token[0] != '0');
      if (failure == std::errc{} && end == token.data() + token.size() && canonical && index < array->size()) {
        next = (*array)[index].get();
      }
    }
    if (next == nullptr) return nullptr;
    value = next;
  }
  return value;
}

std::string JsonDocument::Value::to_text() const {
  struct Writer {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const Number& number) const { return number.text; }
    std::string operator()(const std::string& text) const { return nlohmann::json(text).dump(); }
    std::string operator()(const Array& array) const { return fmt::format("an array of {}", array.size()); }
    std::string operator()(const Object& object) const { return fmt::format("an object of {} members", object.size()); }
  };
  return std::visit(Writer{}, content);
}

tl::expected<JsonDocument, std::string> JsonDocument::parse(std::string_view text) {
  if (text.size() > most_bytes) return tl::unexpected(std::string("larger than 1 MiB"));
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return tl::unexpected(std::string("it begins with a byte order mark"));
  if (text.empty()) return tl::unexpected(std::string("it is empty"));
  // The parser takes a NUL for the end of its input and would not look at what follows.
  if (text.find('\0') != std::string_view::npos) return tl::unexpected(std::string("it holds a NUL byte"));
  Value::Builder builder(text);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return tl::unexpected(builder.problem);
  JsonDocument document;
  document.value_ = std::move(builder.root);
  return document;
}

std::optional<std::string> JsonDocument::scalar_at(std::string_view pointer) const {
  const Value* value = value_->at(pointer);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&value->content)) return *text;
  const bool container =
      std::holds_alternative<Value::Array>(value->content) || std::holds_alternative<Value::Object>(value->content);
  return container ? std::nullopt : std::optional(value->to_text());
}

std::optional<std::string> JsonDocument::typed_scalar_at(std::string_view pointer) const {
  const auto text = string_at(pointer);
  return text ? std::optional('"' + *text + '"') : scalar_at(pointer);
}

std::optional<std::string> JsonDocument::string_at(std::string_view pointer) const {
  const Value* value = value_->at(pointer);
  const auto* text = value != nullptr ? std::get_if<std::string>(&value->content) : nullptr;
  return text != nullptr ? std::optional(*text) : std::nullopt;
}

std::optional<bool> JsonDocument::boolean_at(std::string_view pointer) const {
  const Value* value = value_->at(pointer);
  const auto* boolean = value != nullptr ? std::get_if<bool>(&value->content) : nullptr;
  return boolean != nullptr ? std::optional(*boolean) : std::nullopt;
}

std::optional<std::int64_t> JsonDocument::integer_at(std::string_view pointer) const {
  const Value* value = value_->at(pointer);
  const auto* number = value != nullptr ? std::get_if<Value::Number>(&value->content) : nullptr;
  if (number == nullptr) return std::nullopt;
  std::int64_t result = 0;
  const char* end_of_text = number->text.data() + number->text.size();
  const auto [end, failure] = std::from_chars(number->text.data(), end_of_text, result);
  return failure == std::errc{} && end == end_of_text ? std::optional(result) : std::nullopt;
}

std::optional<double> JsonDocument::number_at(std::string_view pointer) const {
  const Value* value = value_->at(pointer);
  const auto* number = value != nullptr ? std::get_if<Value::Number>(&value->content) : nullptr;
  if (number == nullptr) return std::nullopt;
  double result = 0;
  std::from_chars(number->text.data(), number->text.data() + number->text.size(), result);
  return result;
}

std::optional<std::size_t> JsonDocument::array_size_at(std::string_view pointer) const {
  const Value* value = value_->at(pointer);
  const auto* array = value != nullptr ? std::get_if<Value::Array>(&value->content) : nullptr;
  return array != nullptr ? std::optional(array->size()) : std::nullopt;
}

bool JsonDocument::has(std::string_view pointer) const { return value_->at(pointer) != nullptr; }

std::optional<std::string> JsonDocument::text_at(std::string_view pointer) const {
  const Value* value = value_->at(pointer);
  return value != nullptr ? std::optional(shorten(value->to_text(), shown_bytes)) : std::nullopt;
}

std::optional<std::string> check_pointer(std::string_view pointer) {
  if (pointer.empty()) return std::nullopt;
  if (pointer.front() != '/') return "a JSON pointer begins with \"/\"";
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    const bool escaped = at + 1 < pointer.size() && (pointer[at + 1] == '0' || pointer[at + 1] == '1');
    if (pointer[at] == '~' && !escaped) return "\"~\" is written \"~0\" in a JSON pointer";
  }
  return std::nullopt;
}

}  // namespace wsprobe::wire
