// What is wrong with the way in which a Caddy passes a request on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lint/caddy_walk.hpp"

namespace wsprobe::lint::caddy {

/// Something that changed the path.
struct PathChange {
  const Handler* by = nullptr;
  bool strips = false;
  std::string from;
  std::string to;
};

/// A request at the handler that forwards it, and what has happened to it on the way there.
struct Forwarding {
  const Handler& handler;
  const std::string& path;  ///< as the application sees it
  const std::string& file;  ///< what a file matcher fell back to; empty: none did
  std::span<const PathChange> changes;
  const HeaderChange* upgrade_lost;  ///< null: it is still there
  const Question& question;
  std::span<const Container> containers;
  CorrectionContext context;
};

[[nodiscard]] std::vector<Finding> judged(const Forwarding& forwarding);

}  // namespace wsprobe::lint::caddy
