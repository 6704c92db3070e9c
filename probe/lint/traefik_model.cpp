#include "lint/traefik_model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "lint/document.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::traefik {
namespace {

constexpr std::array<std::string_view, 4> kinds{"routers", "middlewares", "services", "tcp.routers"};

std::vector<Object>& objects_of(Model& model, std::string_view kind) {
  if (kind == kinds[0]) return model.routers;
  if (kind == kinds[1]) return model.middlewares;
  return kind == kinds[2] ? model.services : model.tcp_routers;
}

// ---- YAML ----

/// Every scalar, and every sequence of scalars, below a node.
void flatten(const Source& source, const Node& node, const std::string& path, Object& object) {
  if (node.is_scalar()) {
    object.options[path] = {node.text, {}, place_of(source, node)};
    return;
  }
  const std::string prefix = path.empty() ? "" : path + ".";
  for (const auto& entry : node.entries) flatten(source, *entry.value, prefix + lower_case(entry.key), object);
  const bool is_plain =
      std::all_of(node.items.begin(), node.items.end(), [](const NodePtr& item) { return item->is_scalar(); });
  if (node.entries.empty() && is_plain) {
    // `tls: {}` says something by being there.
    Value value{{}, {}, place_of(source, node)};
    for (const NodePtr& item : node.items) value.items.push_back(item->text);
    object.options[path] = std::move(value);
    return;
  }
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    flatten(source, *node.items[index], prefix + std::to_string(index), object);
  }
}

void read_file(const Source& source, Model& model, Result& result) {
  const auto root = parse_yaml(source);
  if (!root) {
    result.problems.push_back(root.error());
    return;
  }
  for (const std::string_view kind : kinds) {
    const bool is_tcp = kind.starts_with("tcp.");
    const Node* section = path(**root, {is_tcp ? "tcp" : "http", is_tcp ? "routers" : kind});
    if (section == nullptr) continue;
    for (const auto& entry : section->entries) {
      Object object{entry.key, "file", nullptr, place_of(source, *entry.value), {}};
      object.at.line = entry.at.line;
      object.at.column = entry.at.column;
      flatten(source, *entry.value, "", object);
      objects_of(model, kind).push_back(std::move(object));
    }
  }
}

// ---- labels ----

/// "http.routers.app.rule" in its parts; `servers[0]` counts as two.
std::vector<std::string> parts_of(std::string_view key) {
  std::vector<std::string> parts(1);
  for (const char c : key) {
    if (c == '.' || c == '[') {
      parts.emplace_back();
    } else if (c != ']') {
      parts.back() += c;
    }
  }
  return parts;
}

Object& object_named(std::vector<Object>& objects, const std::string& name, const Container& container,
                     const Place& at) {
  const auto found = std::find_if(objects.begin(), objects.end(),
                                  [&](const Object& each) { return each.provider == "docker" && each.name == name; });
  if (found != objects.end()) return *found;
  objects.push_back({name, "docker", &container, at, {}});
  return objects.back();
}

void read_label(const Label& label, const Container& container, Model& model) {
  const std::vector<std::string> parts = parts_of(label.key);
  if (parts.size() < 5 || lower_case(parts[0]) != "traefik") return;
  const bool is_tcp = lower_case(parts[1]) == "tcp";
  if (!is_tcp && lower_case(parts[1]) != "http") return;
  const std::string kind = (is_tcp ? "tcp." : "") + lower_case(parts[2]);
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return;
  std::string option;
  for (std::size_t index = 4; index < parts.size(); ++index) {
    option += (option.empty() ? "" : ".") + lower_case(parts[index]);
  }
  Object& object = object_named(objects_of(model, kind), parts[3], container, label.at);
  object.options[option] = {label.value, {}, label.at};
}

/// A container without a service of its own has one all the same: itself.
void complete_services(const Container& container, Model& model) {
  const auto is_its_own = [&](const Object& object) { return object.container == &container; };
  if (!std::any_of(model.routers.begin(), model.routers.end(), is_its_own)) return;
  if (std::any_of(model.services.begin(), model.services.end(), is_its_own)) return;
  model.services.push_back({container.name, "docker", &container, container.at, {}});
}

}  // namespace

std::vector<std::string> Value::list() const {
  if (!items.empty()) return items;
  std::vector<std::string> out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) out.emplace_back(one);
  }
  return out;
}

const Value* Object::find(std::string_view path) const {
  const auto found = options.find(path);
  return found == options.end() ? nullptr : &found->second;
}

std::string Object::text(std::string_view path) const {
  const Value* value = find(path);
  return value == nullptr ? "" : value->text;
}

const Value* Object::below(std::string_view path) const {
  const auto found = options.lower_bound(path);
  if (found == options.end() || !found->first.starts_with(path)) return nullptr;
  const bool is_whole = found->first.size() == path.size() || found->first[path.size()] == '.';
  return is_whole ? &found->second : nullptr;
}

Model read_model(const Deployment& deployment, Result& result) {
  Model model;
  for (const Source& source : deployment.sources) {
    if (source.kind == SourceKind::traefik) read_file(source, model, result);
  }
  for (const Container& container : deployment.containers) {
    const bool is_hidden = std::any_of(container.labels.begin(), container.labels.end(), [](const Label& label) {
      return lower_case(label.key) == "traefik.enable" && lower_case(label.value) == "false";
    });
    if (is_hidden) continue;
    for (const Label& label : container.labels) read_label(label, container, model);
    complete_services(container, model);
  }
  return model;
}

const Object* referred_to(const std::vector<Object>& objects, std::string_view reference, const Object& from) {
  const std::size_t at = reference.rfind('@');
  const std::string_view name = reference.substr(0, at);
  const std::string_view provider = at == std::string_view::npos ? from.provider : reference.substr(at + 1);
  const auto found = std::find_if(objects.begin(), objects.end(),
                                  [&](const Object& each) { return each.name == name && each.provider == provider; });
  return found == objects.end() ? nullptr : &*found;
}

}  // namespace wsprobe::lint::traefik
