#include "scenario/yaml_document.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "core/text.hpp"

namespace wsprobe::scenario {
namespace {

/// Stops yaml-cpp from inside an event; never leaves parse_yaml.
struct Refusal {
  Position at;
  std::string message;
  std::string help;
};

Position position_of(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Diagnostics& diagnostics, Position end, Dialect dialect)
      : diagnostics_(diagnostics), end_(end), dialect_(dialect) {}

  void OnDocumentStart(const YAML::Mark& mark) override { document_at_ = position_of(mark); }
  void OnDocumentEnd() override { begins_at(end_); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(NodeKind::null, mark, anchor, {}); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    last_scalar_ = position_of(mark);
    // yaml-cpp gives a plain scalar the tag "?", a quoted one "!".
    leaf(tag == "?" ? NodeKind::plain : NodeKind::quoted, mark, anchor, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refusal{position_of(mark), "an alias inside the node that it stands for", {}};
    add_weight(position_of(mark), found->second->weight);
    if (open_.size() + found->second->height > maximum_depth) refuse_depth(position_of(mark));
    begins_at(position_of(mark));
    place(position_of(mark), found->second);
  }

  [[nodiscard]] NodePtr root() const { return root_; }
  [[nodiscard]] std::optional<Position> innermost() const {
    return open_.empty() ? std::nullopt : std::optional(open_.back().node->at);
  }
  [[nodiscard]] Position last_scalar() const { return last_scalar_; }
  [[nodiscard]] Position document_at() const { return document_at_; }

 private:
  struct Open {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor;
    bool has_key = false;
    MapEntry entry{};
    std::map<std::string, int> lines{};  // of the keys so far
  };

  [[noreturn]] static void refuse_depth(Position at) {
    throw Refusal{at, fmt::format("nested more than {} levels deep", maximum_depth), {}};
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!" || dialect_ == Dialect::foreign) return;
    throw Refusal{position_of(mark), "tags such as `!!str` are not supported", "quote a value to make it text"};
  }

  void add_weight(Position at, std::size_t weight) {
    weight_ += weight;
    if (weight_ > maximum_nodes)
      throw Refusal{at, fmt::format("more than {} values, aliases included", maximum_nodes), {}};
  }

  /// Something begins here, so everything that is complete ends before.
  void begins_at(Position at) {
    for (const std::shared_ptr<Node>& node : complete_) node->next = at;
    complete_.clear();
  }

  std::shared_ptr<Node> make(NodeKind kind, const YAML::Mark& mark) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->at = position_of(mark);
    add_weight(node->at, 1);
    begins_at(node->at);
    return node;
  }

  void leaf(NodeKind kind, const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& value) {
    auto node = make(kind, mark);
    node->text = value;
    complete_.push_back(node);
    if (anchor != 0) anchors_[anchor] = node;
    place(node->at, node);
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_tag(mark, tag);
    if (open_.size() >= maximum_depth) refuse_depth(position_of(mark));
    open_.push_back({make(kind, mark), anchor});
  }

  void close() {
    const Open closed = std::move(open_.back());
    open_.pop_back();
    complete_.push_back(closed.node);
    if (closed.anchor != 0) anchors_[closed.anchor] = closed.node;
    place(closed.node->at, closed.node);
  }

  void place(Position at, const NodePtr& node) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == NodeKind::map && !parent.has_key) {
      take_key(parent, at, *node);
      return;
    }
    parent.node->weight += node->weight;
    parent.node->height = std::max(parent.node->height, node->height + 1);
    if (parent.node->kind == NodeKind::sequence) {
      parent.node->items.push_back(node);
      return;
    }
    parent.entry.value = node;
    if (node->kind == NodeKind::null && at.line != parent.entry.at.line) {
      // yaml-cpp places nothing at whatever comes next; for a person it is at its key.
      auto here = std::make_shared<Node>(*node);
      here->at = parent.entry.at;
      parent.entry.value = here;
    }
    parent.node->entries.push_back(std::exchange(parent.entry, {}));
    parent.has_key = false;
  }

  void take_key(Open& parent, Position at, const Node& key) {
    if (!key.is_scalar()) throw Refusal{at, "a key has to be text", {}};
    if (key.text == "<<" && key.kind == NodeKind::plain && dialect_ == Dialect::own) {
      throw Refusal{at, "merge keys (`<<`) are not supported", "repeat the keys, or give the whole value an anchor"};
    }
    if (parent.node->entries.size() >= maximum_keys) {
      throw Refusal{at, fmt::format("more than {} keys in one map", maximum_keys), {}};
    }
    const auto [first, is_new] = parent.lines.emplace(key.text, at.line);
    if (!is_new) {
      diagnostics_.error(at, "this key stands here twice",
                         fmt::format("it is already given in line {}", first->second));
    }
    parent.entry = {key.text, at, nullptr};
    parent.has_key = true;
  }

  Diagnostics& diagnostics_;
  Position end_;
  Dialect dialect_;
  Position document_at_;
  Position last_scalar_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
  std::vector<std::shared_ptr<Node>> complete_;  // and nothing has begun since
  NodePtr root_;
  std::size_t weight_ = 0;
};

/// In our words, where yaml-cpp's own are obscure.
std::pair<std::string, std::string> explain(const std::string& message) {
  struct Row {
    std::string_view theirs;
    std::string_view ours;
    std::string_view help;
  };
  static constexpr std::array rows{
      Row{"illegal tab when looking for indentation", "a tab in the indentation", "YAML is indented with spaces"},
      Row{"end of map not found", "the map ends in an unexpected way",
          "check the indentation, and that each `key:` has a space behind the colon"},
      Row{"end of map flow not found", "`{` without its `}`", "a comma stands between the entries of `{...}`"},
      Row{"end of sequence not found", "the list ends in an unexpected way",
          "check the indentation: each entry starts with `- `"},
      Row{"end of sequence flow not found", "`[` without its `]`", "a comma stands between the entries of `[...]`"},
      Row{"illegal EOF in scalar", "a quote that is never closed", ""},
      Row{"illegal map value", "a `:` where no value can stand",
          "quote a text that holds `: `, and check the indentation"},
      Row{"illegal map key", "a key where none can stand", "check the indentation"},
      Row{"illegal block entry", "a `- ` where no list entry can stand", "check the indentation"},
      Row{"illegal flow end", "a closing bracket without its opening one", ""},
      Row{"unknown token", "a character that starts nothing in YAML",
          "quote a text that begins with `@`, a backquote or `%`"},
      Row{"unknown escape character", "an unknown escape in double quotes", "in single quotes a backslash is itself"},
      Row{"invalid unicode", "an escape that is no character", ""},
      Row{"the referenced anchor is not defined", "an alias whose anchor is not defined above",
          "define it first: `&name value`"},
  };
  for (const Row& row : rows) {
    if (message.find(row.theirs) != std::string::npos) return {std::string(row.ours), std::string(row.help)};
  }
  return {escape_for_display(message), {}};
}

/// Whether the quote that stands at `at`, if one does, has its partner. yaml-cpp lets the end of the file close it.
bool is_closed(Position at, const Diagnostics& diagnostics) {
  std::size_t column = static_cast<std::size_t>(std::max(at.column, 1));
  const std::string_view first = diagnostics.line(at.line).substr(0, column);
  const char quote = first.size() == column ? first.back() : '\0';
  if (quote != '"' && quote != '\'') return true;
  for (int number = at.line; number <= diagnostics.line_count(); ++number, column = 0) {
    const std::string_view line = diagnostics.line(number);
    for (; column < line.size(); ++column) {
      const bool skips_next =
          (quote == '"' && line[column] == '\\') || (quote == '\'' && line.substr(column, 2) == "''");
      if (skips_next) {
        ++column;
      } else if (line[column] == quote) {
        return true;
      }
    }
  }
  return false;
}

std::optional<Position> tab_in_indentation(int number, const Diagnostics& diagnostics) {
  const std::string_view line = diagnostics.line(number);
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos || line.find_first_not_of(" \t") < tab) return std::nullopt;
  return Position{number, static_cast<int>(tab) + 1};
}

/// `innermost` is the map or list that was still open.
void report(const YAML::Exception& exception, std::optional<Position> innermost, Diagnostics& diagnostics) {
  Position at = position_of(exception.mark);
  if (const auto tab = tab_in_indentation(at.line, diagnostics)) {
    diagnostics.error(*tab, "invalid YAML: a tab in the indentation", "YAML is indented with spaces");
    return;
  }
  auto [message, help] = explain(exception.msg);
  const bool unclosed =
      exception.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || exception.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
  if (unclosed && innermost && innermost->line < at.line) at = *innermost;
  diagnostics.error(at, "invalid YAML: " + message, std::move(help));
}

}  // namespace

NodePtr parse_yaml(std::string_view text, Diagnostics& diagnostics, Dialect dialect) {
  TreeBuilder builder(diagnostics, {diagnostics.line_count() + 1, 1}, dialect);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      diagnostics.error({}, "the file is empty",
                        dialect == Dialect::own ? "a scenario has at least `scenario`, `target` and `steps`" : "");
      return nullptr;
    }
    if (!is_closed(builder.last_scalar(), diagnostics)) {
      throw Refusal{builder.last_scalar(), "invalid YAML: a quote that is never closed", {}};
    }
    NodePtr root = builder.root();
    if (dialect == Dialect::foreign) return root;
    TreeBuilder another(diagnostics, {}, dialect);
    if (parser.HandleNextDocument(another)) {
      throw Refusal{another.document_at(), "a second document", "one file holds one scenario; remove the `---`"};
    }
    return root;
  } catch (const Refusal& refusal) {
    diagnostics.error(refusal.at, refusal.message, refusal.help);
  } catch (const YAML::Exception& exception) {
    report(exception, builder.innermost(), diagnostics);
  }
  return nullptr;
}

}  // namespace wsprobe::scenario
