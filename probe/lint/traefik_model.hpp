// Traefik's dynamic configuration: routers, middlewares and services, out of YAML files (the file provider) and of the
// labels of containers (the Docker provider). Both say the same things under the same names, in upper and lower case.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lint/containers.hpp"
#include "lint/readers.hpp"
#include "lint/result.hpp"

namespace wsprobe::lint::traefik {

struct Value {
  std::string text;                ///< of a scalar
  std::vector<std::string> items;  ///< of a sequence
  Place at;

  /// What stands in the sequence, or between the commas of a label.
  [[nodiscard]] std::vector<std::string> list() const;
};

/// A router, a middleware or a service.
struct Object {
  std::string name;
  std::string provider;  ///< "file", "docker"
  const Container* container = nullptr;
  Place at;
  /// By path below the name, in lower case: "rule", "stripprefix.prefixes", "loadbalancer.servers.0.url".
  std::map<std::string, Value, std::less<>> options;

  [[nodiscard]] const Value* find(std::string_view path) const;
  [[nodiscard]] std::string text(std::string_view path) const;  ///< empty where there is none
  [[nodiscard]] std::string title() const { return name + "@" + provider; }
  /// Any option at the path or below it.
  [[nodiscard]] const Value* below(std::string_view path) const;
};

struct Model {
  std::vector<Object> routers;
  std::vector<Object> tcp_routers;
  std::vector<Object> middlewares;
  std::vector<Object> services;
};

/// A file that cannot be read becomes a problem.
[[nodiscard]] Model read_model(const Deployment& deployment, Result& result);

/// "name", "name@provider" as seen from an object: one of its own provider where none is named. Null where these files
/// have none of that name.
[[nodiscard]] const Object* referred_to(const std::vector<Object>& objects, std::string_view reference,
                                        const Object& from);

}  // namespace wsprobe::lint::traefik
