// A configuration file as it was given, and what kind it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.hpp"

namespace wsprobe::lint {

inline constexpr std::size_t maximum_source_bytes = 4U << 20U;  ///< of one file
inline constexpr std::size_t maximum_sources = 64;

/// X(enumerator, the word of --type, what it is).
#define WSPROBE_LINT_KINDS(X)                                                               \
  X(caddy_json, "caddy-json", "Caddy's JSON: GET /config/ of its admin API, autosave.json") \
  X(caddyfile, "caddyfile", "a Caddyfile")                                                  \
  X(compose, "compose", "a Compose file, for the labels in it")                             \
  X(inspect, "inspect", "what `docker inspect` prints, for the labels in it")               \
  X(labels, "labels", "labels, one KEY=VALUE a line")                                       \
  X(nginx, "nginx", "nginx.conf, or a part of it")                                          \
  X(haproxy, "haproxy", "haproxy.cfg")                                                      \
  X(apache, "apache", "Apache's httpd.conf, or a part of it")                               \
  X(traefik, "traefik", "a file of Traefik's file provider, YAML")

enum class SourceKind : std::uint8_t {
#define WSPROBE_ENUMERATOR(enumerator, word, what) enumerator,
  WSPROBE_LINT_KINDS(WSPROBE_ENUMERATOR)
#undef WSPROBE_ENUMERATOR
};

[[nodiscard]] std::span<const SourceKind> all_source_kinds();
[[nodiscard]] std::string_view name(SourceKind kind);
[[nodiscard]] std::string_view description(SourceKind kind);
[[nodiscard]] std::optional<SourceKind> source_kind_named(std::string_view word);

struct Source {
  std::string name;  ///< as it was given: a path, a URL, "-"
  std::string text;
  SourceKind kind{};
  bool running = false;  ///< the proxy itself says that it runs this
};

/// By content first, then by name. None where it could be anything.
[[nodiscard]] std::optional<SourceKind> detect_kind(std::string_view name, std::string_view text);

/// Why a file cannot be read as what it is.
struct Problem {
  Place at;
  std::string message;
  std::string help;  ///< may be empty
};

}  // namespace wsprobe::lint
