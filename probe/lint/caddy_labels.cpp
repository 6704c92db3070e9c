#include "lint/caddy_labels.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace wsprobe::lint::caddy {
namespace {

constexpr int unordered = std::numeric_limits<int>::max();
constexpr std::size_t maximum_depth = 32;

struct Block {
  int order = unordered;
  std::vector<Word> words;
  std::vector<Block> children;
  Place at;
  std::map<std::string, std::size_t> by_key;  // of the first `indexed` children; see merge()
  std::size_t indexed = 0;
};

/// One part of a label's key: "0_reverse_proxy", "header_up_1".
struct Part {
  int order = unordered;
  std::string name;
};

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

Part part_of(std::string_view text) {
  Part part;
  const std::size_t first = text.find('_');
  if (first != std::string_view::npos && first + 1 < text.size() && is_number(text.substr(0, first))) {
    std::from_chars(text.data(), text.data() + first, part.order);
    text.remove_prefix(first + 1);
  }
  const std::size_t last = text.rfind('_');
  if (last != std::string_view::npos && last > 0 && is_number(text.substr(last + 1))) text = text.substr(0, last);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) == "\\.") ++at;
    part.name += text[at];
  }
  return part;
}

/// At the dots that no backslash stands before.
std::vector<std::string> parts(std::string_view key) {
  std::vector<std::string> out(1);
  for (std::size_t at = 0; at < key.size(); ++at) {
    if (key[at] == '.' && (at == 0 || key[at - 1] != '\\')) {
      out.emplace_back();
    } else {
      out.back() += key[at];
    }
  }
  return out;
}

/// caddy, caddy_0, caddy_0.header: and nothing like caddy_ingress_network.
bool is_ours(std::string_view key) {
  if (!key.starts_with("caddy")) return false;
  std::string_view rest = key.substr(5);
  rest = rest.substr(0, rest.find('.'));
  return rest.empty() || (rest.front() == '_' && is_number(rest.substr(1)));
}

/// `{{upstreams 8000}}`, `{{upstreams http 8000}}`: the container at that port. Other templates stay.
std::string with_upstreams(std::string value, const Container& container) {
  for (std::size_t begin = value.find("{{"); begin != std::string::npos; begin = value.find("{{", begin + 1)) {
    const std::size_t end = value.find("}}", begin);
    if (end == std::string::npos) break;
    const std::vector<Word> words = caddyfile_words(value.substr(begin + 2, end - begin - 2), {});
    if (words.empty() || words.front().text != "upstreams") continue;
    std::string target = container.name.empty() ? "{container}" : container.name;
    for (std::size_t at = 1; at < words.size(); ++at) {
      const std::string& option = words[at].text;
      target = is_number(option) ? target + ":" + option : option + "://" + target;
    }
    value.replace(begin, end + 2 - begin, target);
    begin += target.size() - 1;
  }
  return value;
}

class LabelReader {
 public:
  explicit LabelReader(const Container& container) : container_(container) {}

  std::vector<Block> read() {
    for (const Label& label : container_.labels) {
      if (!is_ours(label.key)) continue;
      const std::vector<std::string> names = parts(label.key);
      if (names.size() > maximum_depth) continue;
      Node& node = at(names, label.at);
      node.block.at = label.at;
      for (Word& word : caddyfile_words(with_upstreams(label.value, container_), label.at)) {
        word.at = label.at;
        node.block.words.push_back(std::move(word));
      }
    }
    std::vector<Block> blocks;
    for (Node& root : roots_) blocks.push_back(finished(root));
    return blocks;
  }

 private:
  /// A block while its labels come in; a list, because the others point at it.
  struct Node {
    Block block;
    std::list<Node> children;
  };

  Node& at(const std::vector<std::string>& names, const Place& place) {
    std::string path;
    std::list<Node>* level = &roots_;
    Node* node = nullptr;
    for (std::size_t depth = 0; depth < names.size(); ++depth) {
      path += (depth == 0 ? "" : ".") + names[depth];
      Node*& known = by_path_[path];
      if (known == nullptr) {
        const Part part = part_of(names[depth]);
        level->emplace_back();
        known = &level->back();
        known->block.at = place;
        known->block.order = part.order;
        if (depth > 0) known->block.words.push_back({part.name, place, false});
      }
      node = known;
      level = &node->children;
    }
    if (names.size() > 1) node->block.words.front().at = place;
    return *node;
  }

  static Block finished(Node& node) {
    Block block = std::move(node.block);
    for (Node& child : node.children) block.children.push_back(finished(child));
    return block;
  }

  const Container& container_;
  std::list<Node> roots_;
  std::map<std::string, Node*> by_path_;
};

std::string first_word(const Block& block) { return block.words.empty() ? std::string() : block.words.front().text; }

bool is_matcher(std::string_view word) { return word == "*" || word.starts_with('/') || word.starts_with('@'); }

std::string matcher_of(const Block& block) {
  return block.words.size() > 1 && is_matcher(block.words[1].text) ? block.words[1].text : "*";
}

/// What blocks have in common that become one: their words, and of proxies the matcher.
std::string merge_key(const Block& block) {
  const std::string name = first_word(block);
  if (name == "reverse_proxy" || name == "php_fastcgi") return name + '\0' + matcher_of(block);
  std::string key;
  for (const Word& word : block.words) key += word.text + '\0';
  return key;
}

/// Blocks with the same words become one; so do proxies with the same matcher, whose upstreams are joined.
void merge(Block& into, std::vector<Block> from) {
  for (Block& block : from) {
    for (; into.indexed < into.children.size(); ++into.indexed) {
      into.by_key.try_emplace(merge_key(into.children[into.indexed]), into.indexed);
    }
    const auto known = into.by_key.find(merge_key(block));
    if (known == into.by_key.end()) {
      into.children.push_back(std::move(block));
      continue;
    }
    Block& partner = into.children[known->second];
    const std::string name = first_word(block);
    const bool proxy = name == "reverse_proxy" || name == "php_fastcgi";
    for (std::size_t at = 1; proxy && at < block.words.size(); ++at) {
      if (at > 1 || !is_matcher(block.words[at].text)) partner.words.push_back(block.words[at]);
    }
    merge(partner, std::move(block.children));
  }
}

bool is_snippet(const Block& block) {
  return block.words.size() == 1 && block.words.front().text.starts_with('(') &&
         block.words.front().text.ends_with(')');
}

bool written_before(const Block& left, const Block& right) {
  const auto place = [](const Block& block) { return block.words.empty() ? 0 : (is_snippet(block) ? 1 : 2); };
  if (place(left) != place(right)) return place(left) < place(right);
  if (left.order != right.order) return left.order < right.order;
  return std::lexicographical_compare(left.words.begin(), left.words.end(), right.words.begin(), right.words.end(),
                                      [](const Word& one, const Word& other) { return one.text < other.text; });
}

void sort_blocks(std::vector<Block>& blocks) {
  for (Block& block : blocks) sort_blocks(block.children);
  std::stable_sort(blocks.begin(), blocks.end(), written_before);
}

Segment segment_of(const Block& block) {
  Segment segment;
  segment.words = block.words;
  segment.has_block = !block.children.empty();
  for (const Block& child : block.children) segment.block.push_back(segment_of(child));
  return segment;
}

}  // namespace

std::vector<ServerBlock> blocks_of_labels(std::span<const Container> containers) {
  Block root;
  for (const Container& container : containers) merge(root, LabelReader(container).read());
  std::vector<Block> all = std::move(root.children);
  sort_blocks(all);
  std::vector<ServerBlock> out;
  for (const Block& block : all) {
    ServerBlock server;
    server.at = block.at;
    for (const Word& word : block.words) {
      // `a.example.com, b.example.com`
      std::string_view rest = word.text;
      while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        if (comma > 0) server.keys.push_back({std::string(rest.substr(0, comma)), word.at, false});
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
    }
    for (const Block& child : block.children) server.body.push_back(segment_of(child));
    out.push_back(std::move(server));
  }
  return out;
}

}  // namespace wsprobe::lint::caddy
