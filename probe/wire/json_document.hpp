// JSON as health documents and messages need it: strict (RFC 8259), bounded, duplicate keys refused, RFC 6901 pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsprobe::wire {

class JsonDocument {
 public:
  /// At most 1 MiB, 64 levels and 100,000 values. The error says why, and where the text is not JSON: "duplicate key
  /// \"status\"", "not JSON at line 1, column 14".
  static tl::expected<JsonDocument, std::string> parse(std::string_view text);

  /// A scalar as a scenario compares it: strings as they are, integers in decimal, other
  /// numbers as they stand in the document, true, false, null.
  /// None where the pointer leads nowhere or to an object or array.
  [[nodiscard]] std::optional<std::string> scalar_at(std::string_view pointer) const;
  /// The same with a string in quotes, and nothing in it escaped: "true" is not true.
  [[nodiscard]] std::optional<std::string> typed_scalar_at(std::string_view pointer) const;
  [[nodiscard]] std::optional<std::string> string_at(std::string_view pointer) const;
  [[nodiscard]] std::optional<bool> boolean_at(std::string_view pointer) const;
  [[nodiscard]] std::optional<std::int64_t> integer_at(std::string_view pointer) const;
  [[nodiscard]] std::optional<double> number_at(std::string_view pointer) const;
  /// How many elements the array there has.
  [[nodiscard]] std::optional<std::size_t> array_size_at(std::string_view pointer) const;
  /// Something of any type is there.
  [[nodiscard]] bool has(std::string_view pointer) const;
  /// The value there as a message shows it: scalars as JSON, containers by their size; at most 200 bytes.
  [[nodiscard]] std::optional<std::string> text_at(std::string_view pointer) const;

 private:
  struct Value;
  std::shared_ptr<const Value> value_;
};

/// Null where `pointer` is a valid RFC 6901 pointer ("" or "/a/b~1c"), else why not.
[[nodiscard]] std::optional<std::string> check_pointer(std::string_view pointer);

}  // namespace wsprobe::wire
