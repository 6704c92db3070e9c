#include "lint/containers.hpp"

#include <algorithm>
#include <utility>

#include "lint/document.hpp"

namespace wsprobe::lint {
namespace {

/// Compose writes `$$` for a dollar.
std::string without_escapes(std::string text) {
  for (std::size_t at = text.find("$$"); at != std::string::npos; at = text.find("$$", at + 1)) text.erase(at, 1);
  return text;
}

/// A list of KEY=VALUE, or a map.
void add_labels(const Source& source, const Node* labels, std::vector<Label>& out) {
  if (labels == nullptr) return;
  for (const NodePtr& item : labels->items) {
    const std::string text = text_of(item.get());
    const std::size_t equals = text.find('=');
    const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
    out.push_back({text.substr(0, equals), value, place_of(source, *item)});
  }
  for (const scenario::MapEntry& entry : labels->entries) {
    out.push_back({entry.key, text_of(entry.value.get()), {source.name, entry.at.line, entry.at.column}});
  }
}

void add_texts(const Node* list, std::vector<std::string>& out) {
  if (list == nullptr) return;
  for (const NodePtr& item : list->items) out.push_back(text_of(item.get()));
}

Container service(const Source& source, const scenario::MapEntry& entry, const std::string& project_network) {
  const Node& node = *entry.value;
  Container container;
  container.name = entry.key;
  container.at = {source.name, entry.at.line, entry.at.column};
  add_labels(source, member(node, "labels"), container.labels);
  add_labels(source, path(node, {"deploy", "labels"}), container.labels);
  for (Label& label : container.labels) label.value = without_escapes(std::move(label.value));
  container.host_names.push_back(entry.key);
  for (const char* key : {"container_name", "hostname"}) {
    if (std::string text = text_of(member(node, key)); !text.empty()) container.host_names.push_back(std::move(text));
  }
  const Node* networks = member(node, "networks");
  add_texts(networks, container.networks);
  if (networks != nullptr) {
    for (const scenario::MapEntry& network : networks->entries) {
      container.networks.push_back(network.key);
      add_texts(member(*network.value, "aliases"), container.host_names);
    }
  }
  if (container.networks.empty()) container.networks.push_back(project_network);
  return container;
}

void read_compose(const Source& source, const Node& root, std::vector<Container>& containers) {
  const Node* services = member(root, "services");
  if (services == nullptr) return;
  for (const scenario::MapEntry& entry : services->entries) {
    containers.push_back(service(source, entry, "default"));
  }
}

Container inspected(const Source& source, const Node& node) {
  Container container;
  container.at = place_of(source, node);
  container.name = text_of(member(node, "Name"));
  if (container.name.starts_with('/')) container.name.erase(0, 1);
  if (!container.name.empty()) container.host_names.push_back(container.name);
  const Node* labels = path(node, {"Config", "Labels"});
  if (labels == nullptr) labels = path(node, {"Spec", "Labels"});  // a service of a swarm
  if (labels == nullptr) labels = member(node, "Labels");
  add_labels(source, labels, container.labels);
  if (const Node* networks = path(node, {"NetworkSettings", "Networks"})) {
    for (const scenario::MapEntry& network : networks->entries) {
      container.networks.push_back(network.key);
      add_texts(member(*network.value, "Aliases"), container.host_names);
      add_texts(member(*network.value, "DNSNames"), container.host_names);
    }
  }
  return container;
}

void read_inspect(const Source& source, const Node& root, std::vector<Container>& containers) {
  const bool only_labels = root.kind == scenario::NodeKind::map && member(root, "Config") == nullptr &&
                           member(root, "Labels") == nullptr && member(root, "Spec") == nullptr;
  if (only_labels) {
    Container container;
    container.at = place_of(source, root);
    add_labels(source, &root, container.labels);
    containers.push_back(std::move(container));
    return;
  }
  if (root.kind == scenario::NodeKind::map) containers.push_back(inspected(source, root));
  for (const NodePtr& item : root.items) containers.push_back(inspected(source, *item));
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

/// KEY=VALUE or KEY: VALUE, as an item of a YAML list or in quotes too: what people copy out of a form or a file.
bool read_label(const Source& source, std::string_view line, int number, Container& container) {
  std::string_view content = trimmed(line);
  if (content.empty() || content.front() == '#' || content == "labels:") return true;
  if (content.starts_with("- ")) content = trimmed(content.substr(2));
  content = without_quotes(content);
  const int column = static_cast<int>(content.data() - line.data()) + 1;
  const std::size_t equals = content.find('=');
  const std::size_t colon = content.find(": ");
  const std::size_t end = std::min(equals, colon);
  if (end == std::string_view::npos || end == 0) return false;
  const std::string_view value = trimmed(content.substr(end + 1));
  container.labels.push_back({std::string(without_quotes(trimmed(content.substr(0, end)))),
                              std::string(end == colon ? without_quotes(value) : value),
                              {source.name, number, column}});
  return true;
}

void read_label_list(const Source& source, std::vector<Container>& containers, std::vector<Problem>& problems) {
  Container container;
  container.at = {source.name, 1, 1};
  std::string_view text = source.text;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!read_label(source, text.substr(0, end), number, container)) {
      problems.push_back({{source.name, number, 1}, "not a label", "a label is KEY=VALUE, one a line"});
      return;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  containers.push_back(std::move(container));
}

}  // namespace

std::vector<Container> read_containers(std::span<const Source> sources, std::vector<Problem>& problems) {
  std::vector<Container> containers;
  for (const Source& source : sources) {
    if (source.kind == SourceKind::labels) read_label_list(source, containers, problems);
    if (source.kind != SourceKind::compose && source.kind != SourceKind::inspect) continue;
    const auto root = source.kind == SourceKind::compose ? parse_yaml(source) : parse_json(source);
    if (!root) {
      problems.push_back(root.error());
    } else if (source.kind == SourceKind::compose) {
      read_compose(source, **root, containers);
    } else {
      read_inspect(source, **root, containers);
    }
  }
  return containers;
}

bool may_resolve(std::string_view host, std::span<const Container> containers) {
  const auto is_one_of = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), host) != names.end();
  };
  bool known = false;
  for (const Container& container : containers) {
    if (is_one_of(container.host_names)) return true;
    known = known || !container.name.empty();
  }
  return !known;
}

}  // namespace wsprobe::lint
