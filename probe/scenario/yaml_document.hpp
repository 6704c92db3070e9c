// YAML text as a tree whose every node knows its place.
//
// The tree is built from yaml-cpp's events, not from its nodes: only the events say whether a scalar was quoted, let
// duplicate keys be seen, and can be stopped when a file grows beyond its bounds (aliases that multiply).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scenario/diagnostic.hpp"

namespace wsprobe::scenario {

enum class NodeKind : std::uint8_t { null, plain, quoted, sequence, map };

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct MapEntry {
  std::string key;
  Position at;  ///< of the key
  NodePtr value;
};

struct Node {
  NodeKind kind = NodeKind::null;
  Position at;
  Position next;     ///< where the next thing of the file begins behind this, or behind the file's end
  std::string text;  ///< of a scalar
  std::vector<NodePtr> items;
  std::vector<MapEntry> entries;
  std::size_t weight = 1;  ///< nodes in this tree, aliases counted wherever they stand
  std::size_t height = 1;

  [[nodiscard]] bool is_scalar() const { return kind == NodeKind::plain || kind == NodeKind::quoted; }
};

inline constexpr std::size_t maximum_nodes = 100'000;
inline constexpr std::size_t maximum_depth = 32;
inline constexpr std::size_t maximum_keys = 1000;  ///< of one map

/// Whose YAML it is.
enum class Dialect : std::uint8_t {
  own,      ///< a file of ours: one document, no tags, no merge keys
  foreign,  ///< another program's: the first document; tags are ignored, `<<` is a key like any other
};

/// One document without duplicate keys. Null on an error, which is reported.
[[nodiscard]] NodePtr parse_yaml(std::string_view text, Diagnostics& diagnostics, Dialect dialect = Dialect::own);

}  // namespace wsprobe::scenario
