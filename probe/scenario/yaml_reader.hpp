// Typed access to the nodes of a scenario file. Whatever is not as wanted is reported with its place, and then reading
// goes on, so that one look at the file finds all mistakes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "scenario/keys.hpp"
#include "scenario/yaml_document.hpp"

namespace wsprobe::scenario {

/// How YAML 1.2 (core schema) reads a scalar.
enum class ScalarType : std::uint8_t { null, boolean, number, text };

[[nodiscard]] ScalarType scalar_type(const Node& node);

/// "text", "a number", "a list", "a map", "nothing": what stands there instead.
[[nodiscard]] std::string_view describe(const Node& node);

/// One map, read key by key.
class MapReader {
 public:
  /// Reports a node that is no map, keys that `table` does not have, and required keys that are not there.
  MapReader(const Node& node, const KeyTable& table, Diagnostics& diagnostics);

  /// Null where the key is not given.
  [[nodiscard]] const Node* find(std::string_view key) const;

 private:
  const Node& node_;
};

/// Text: neither a number nor true, false or null, unless quoted. `what` is what messages call it: "`name`".
[[nodiscard]] std::optional<std::string> read_text(const Node& node, std::string_view what, Diagnostics& diagnostics);

/// Any scalar as it is written; `null` and nothing are refused.
[[nodiscard]] std::optional<std::string> read_scalar(const Node& node, std::string_view what, Diagnostics& diagnostics);

[[nodiscard]] std::optional<bool> read_boolean(const Node& node, std::string_view what, Diagnostics& diagnostics);

[[nodiscard]] std::optional<int> read_integer(const Node& node, std::string_view what, int lowest, int highest,
                                              Diagnostics& diagnostics);

[[nodiscard]] std::optional<Duration> read_duration(const Node& node, std::string_view what, Diagnostics& diagnostics);

/// False and a report where the node is no map / no list.
[[nodiscard]] bool expect_map(const Node& node, std::string_view what, Diagnostics& diagnostics);
[[nodiscard]] bool expect_list(const Node& node, std::string_view what, Diagnostics& diagnostics);

/// "did you mean `path`?", or, where nothing is near, "one of `a`, `b`".
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// The unknown key of a map, reported; one of a later version is called that.
void report_unknown_key(const MapEntry& entry, const KeyTable& table, Diagnostics& diagnostics);

/// True, and a report, where the text holds a `${`: nothing is replaced there, and silence would hide that.
[[nodiscard]] bool refuse_reference(const Node& node, std::string_view what, Diagnostics& diagnostics);

}  // namespace wsprobe::scenario
