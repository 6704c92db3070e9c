// A line with a JSON pointer, then any bytes as a document. What is taken is JSON to another reader as well, pointers
// lead where that reader's lead, and what is refused is refused with a reason that can be shown.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "fuzz/pieces.hpp"
#include "wire/json_document.hpp"

namespace {

using nlohmann::json;
using wsprobe::fuzz::check;
using wsprobe::wire::JsonDocument;

void check_problem(const std::string& problem) {
  check(!problem.empty() && problem.size() < 400);
  // Escaped already: nothing is left to escape but its own backslashes.
  for (const char byte : problem) check(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
}

void check_value(const JsonDocument& document, const json& other, const std::string& pointer) {
  check(document.has(pointer));
  check(document.text_at(pointer).has_value());
  check(document.string_at(pointer).has_value() == other.is_string());
  check(document.boolean_at(pointer).has_value() == other.is_boolean());
  check(document.number_at(pointer).has_value() == other.is_number());
  check(document.scalar_at(pointer).has_value() == !other.is_structured());
  if (other.is_string()) check(document.scalar_at(pointer) == other.get<std::string>());
  if (other.is_boolean()) check(document.boolean_at(pointer) == other.get<bool>());
  if (other.is_number()) check(document.number_at(pointer) == other.get<double>());
  if (other.is_number_integer() && !other.is_number_unsigned()) {
    check(document.integer_at(pointer) == other.get<std::int64_t>());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_feed = std::min(input.find('\n'), input.size());
  const std::string pointer(input.substr(0, line_feed));
  const std::string_view text = input.substr(std::min(line_feed + 1, input.size()));

  const auto document = JsonDocument::parse(text);
  if (!document) {
    check_problem(document.error());
    return 0;
  }
  const json other = json::parse(text, nullptr, false);
  check(!other.is_discarded());
  if (wsprobe::wire::check_pointer(pointer)) {
    check(!document->has(pointer));
    return 0;
  }
  // An index that the other reader takes for an error leads nowhere here.
  try {
    check_value(*document, other.at(json::json_pointer(pointer)), pointer);
  } catch (const json::exception&) {
    check(!document->has(pointer));
  }
  return 0;
}
