#include "scenario/witnesses.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/words.hpp"
#include "scenario/yaml_reader.hpp"

namespace wsprobe::scenario {
namespace {

constexpr std::size_t most_words = 64;
constexpr std::size_t longest_word = 4096;

LogOwner read_owner(const Node& node, Diagnostics& diagnostics) {
  const auto text = read_text(node, "`of`", diagnostics);
  if (!text) return LogOwner::unknown;
  if (*text == "backend") return LogOwner::backend;
  if (*text == "proxy") return LogOwner::proxy;
  diagnostics.error(node.at, fmt::format("`of` has no value {}", backquoted(*text)),
                    suggestion(*text, {"backend", "proxy"}));
  return LogOwner::unknown;
}

std::optional<std::string> read_word(const Node& node, Diagnostics& diagnostics) {
  auto word = read_scalar(node, "a word of `command`", diagnostics);
  if (!word || refuse_reference(node, "a command", diagnostics)) return std::nullopt;
  if (word->size() <= longest_word) return word;
  diagnostics.error(node.at, fmt::format("a word of a command has at most {} bytes", longest_word));
  return std::nullopt;
}

/// One text, split as a shell would, or a list of the words as they are.
std::vector<std::string> read_command(const Node& node, Diagnostics& diagnostics) {
  std::vector<std::string> words;
  if (node.kind != NodeKind::sequence) {
    const auto text = read_text(node, "`command`", diagnostics);
    if (!text || refuse_reference(node, "a command", diagnostics)) return {};
    auto split = split_words(*text);
    if (split) return std::move(*split);
    diagnostics.error(node.at, "`command`: " + split.error(),
                      "there is no shell: the words may also be given as a list, [docker, logs, backend]");
    return {};
  }
  for (const NodePtr& item : node.items) {
    auto word = read_word(*item, diagnostics);
    if (!word) return {};
    words.push_back(std::move(*word));
  }
  if (words.empty() || words.front().empty()) {
    diagnostics.error(node.at, "`command` is empty");
  } else if (words.size() > most_words) {
    diagnostics.error(node.items[most_words]->at, fmt::format("a command has at most {} words", most_words));
  }
  return words;
}

std::string read_file_name(const Node& node, const std::string& directory, Diagnostics& diagnostics) {
  auto name = read_text(node, "`file`", diagnostics);
  if (!name || refuse_reference(node, "a file name", diagnostics)) return {};
  if (name->empty()) diagnostics.error(node.at, "`file` is empty");
  return name->starts_with('/') ? std::move(*name) : directory + *name;
}

WitnessSource read_witness(const Node& node, const std::string& directory, Diagnostics& diagnostics) {
  WitnessSource source;
  const MapReader map(node, witness_keys, diagnostics);
  const Node* file = map.find("file");
  const Node* command = map.find("command");
  if (file != nullptr) source.file = read_file_name(*file, directory, diagnostics);
  if (command != nullptr) source.argv = read_command(*command, diagnostics);
  if (node.kind == NodeKind::map && (file == nullptr) == (command == nullptr)) {
    diagnostics.error(node.at, "a witness needs exactly one of `file` and `command`",
                      "{file: /var/log/nginx/access.log} or {command: docker logs --since 1m backend}");
  }
  if (const Node* owner = map.find("of")) source.owner = read_owner(*owner, diagnostics);
  return source;
}

}  // namespace

std::vector<WitnessSource> read_witnesses(const Node& node, const std::string& directory, Diagnostics& diagnostics) {
  std::vector<WitnessSource> sources;
  if (!expect_list(node, "`witness`", diagnostics)) return sources;
  if (node.items.size() > maximum_witnesses) {
    diagnostics.error(node.items[maximum_witnesses]->at, fmt::format("more than {} witnesses", maximum_witnesses));
    return sources;
  }
  for (const NodePtr& item : node.items) sources.push_back(read_witness(*item, directory, diagnostics));
  return sources;
}

}  // namespace wsprobe::scenario
