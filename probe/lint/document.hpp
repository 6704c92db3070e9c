// JSON and YAML as one kind of tree whose every node knows its place: scenario::Node.
#pragma once

#include <string_view>

#include <tl/expected.hpp>

#include "lint/source.hpp"
#include "scenario/yaml_document.hpp"

namespace wsprobe::lint {

using scenario::Node;
using scenario::NodePtr;

/// One JSON document (RFC 8259), duplicate keys refused; at most 100,000 values, 64 levels. Strings become quoted
/// scalars, numbers, true and false plain ones.
[[nodiscard]] tl::expected<NodePtr, Problem> parse_json(const Source& source);

/// One YAML document with merge keys (`<<`) resolved and tags ignored, as Compose reads it; bounds as
/// scenario/yaml_document.hpp.
[[nodiscard]] tl::expected<NodePtr, Problem> parse_yaml(const Source& source);

/// The value of a map's key; null where there is none, or where it is no map.
[[nodiscard]] const Node* member(const Node& node, std::string_view key);
/// Down through maps: path(node, {"apps", "http"}).
[[nodiscard]] const Node* path(const Node& node, std::initializer_list<std::string_view> keys);
/// A scalar's text; empty where the node is null or no scalar.
[[nodiscard]] std::string text_of(const Node* node);

[[nodiscard]] Place place_of(const Source& source, const Node& node);

}  // namespace wsprobe::lint
