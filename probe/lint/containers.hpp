// Containers and their labels, out of Compose files, `docker inspect` and lists of labels.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/source.hpp"

namespace wsprobe::lint {

struct Label {
  std::string key;
  std::string value;
  Place at;  ///< of the line that has it
};

struct Container {
  std::string name;  ///< the service of a Compose file, else the container's own name; empty for a list of labels
  Place at;
  std::vector<Label> labels;            ///< in the order of the file
  std::vector<std::string> host_names;  ///< under which others of its networks reach it
  std::vector<std::string> networks;
};

/// Of every Compose file, `docker inspect` output and label list among the sources; the first file's containers first.
/// A file that cannot be read becomes a problem.
[[nodiscard]] std::vector<Container> read_containers(std::span<const Source> sources, std::vector<Problem>& problems);

/// Whether a name without dots can be that of a container: it is one's, or the containers are not all known (no Compose
/// file or `docker inspect` among the sources).
[[nodiscard]] bool may_resolve(std::string_view host, std::span<const Container> containers);

}  // namespace wsprobe::lint
