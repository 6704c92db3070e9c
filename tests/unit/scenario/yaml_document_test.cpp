#include "scenario/yaml_document.hpp"

#include <gtest/gtest.h>

namespace wsprobe::scenario {
namespace {

/// The tree in one line, each node with its place: "{a@1:1=b@1:4}".
std::string show(const Node& node) {
  const std::string at = "@" + std::to_string(node.at.line) + ":" + std::to_string(node.at.column);
  std::string out;
  switch (node.kind) {
    case NodeKind::null: return "~" + at;
    case NodeKind::plain: return node.text + at;
    case NodeKind::quoted: return "'" + node.text + "'" + at;
    case NodeKind::sequence:
      for (const NodePtr& item : node.items) out += (out.empty() ? "" : " ") + show(*item);
      return "[" + out + "]" + at;
    case NodeKind::map:
      for (const MapEntry& entry : node.entries) out += (out.empty() ? "" : " ") + entry.key + "=" + show(*entry.value);
      return "{" + out + "}" + at;
  }
  return out;
}

std::string parsed(std::string_view text) {
  Diagnostics diagnostics("f", text);
  const NodePtr root = parse_yaml(text, diagnostics);
  std::string out = root ? show(*root) : "";
  for (const Diagnostic& diagnostic : diagnostics.take(Severity::error)) {
    out += "!" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column) + " " + diagnostic.message;
  }
  return out;
}

TEST(ParseYaml, KnowsEveryPlace) {
  EXPECT_EQ(parsed("a: b\nc:\n  - d\n  - {e: 'f', g: \"h\"}\n"),
            "{a=b@1:4 c=[d@3:5 {e='f'@4:9 g='h'@4:17}@4:5]@3:3}@1:1");
}

TEST(ParseYaml, TellsNothingFromText) {
  EXPECT_EQ(parsed("a: ~\nb: null\nc: ''\nd: 'null'\n"), "{a=~@1:4 b=~@2:4 c=''@3:4 d='null'@4:4}@1:1");
}

TEST(ParseYaml, PlacesNothingAtItsKey) { EXPECT_EQ(parsed("a:\nb: c\n"), "{a=~@1:1 b=c@2:4}@1:1"); }

TEST(ParseYaml, ReadsBlocksOfText) { EXPECT_EQ(parsed("a: |\n  b\n  c\n"), "{a='b\nc\n'@1:4}@1:1"); }

TEST(ParseYaml, FollowsAliases) {
  EXPECT_EQ(parsed("a: &x [b]\nc: *x\n"), "{a=[b@1:8]@1:4 c=[b@1:8]@1:4}@1:1");
  EXPECT_EQ(parsed("a: &x [*x]\n"), "!1:8 an alias inside the node that it stands for");
}

TEST(ParseYaml, ReportsDuplicateKeysAndReadsOn) {
  EXPECT_EQ(
      parsed("a: 1\nb: {c: 1, c: 2}\na: 2\n"),
      "{a=1@1:4 b={c=1@2:8 c=2@2:14}@2:4 a=2@3:4}@1:1!2:11 this key stands here twice!3:1 this key stands here twice");
}

TEST(ParseYaml, KnowsWhereEachValueEnds) {
  constexpr std::string_view text = "a: {b: [c, d], e: f}\ng: h\n";
  Diagnostics diagnostics("f", text);
  const NodePtr root = parse_yaml(text, diagnostics);
  ASSERT_TRUE(root);
  const Node& a = *root->entries.at(0).value;
  EXPECT_EQ(a.next, (Position{2, 1}));
  EXPECT_EQ(a.entries.at(0).value->next, (Position{1, 16}));
  EXPECT_EQ(root->entries.at(1).value->next, (Position{3, 1}));
}

TEST(ParseYaml, SeesAQuoteThatIsNeverClosed) {
  EXPECT_EQ(parsed("a: \"b\nc: d\n"), "!1:4 invalid YAML: a quote that is never closed");
  EXPECT_EQ(parsed("a: 'b''"), "!1:8 invalid YAML: a quote that is never closed");
  EXPECT_EQ(parsed("a: \"b\\\""), "!1:8 invalid YAML: a quote that is never closed");
  EXPECT_EQ(parsed("a: \"b\n  c\""), "{a='b c'@1:4}@1:1");
  EXPECT_EQ(parsed("a: 'it''s'"), "{a='it's'@1:4}@1:1");
  EXPECT_EQ(parsed("a: it's"), "{a=it's@1:4}@1:1");
}

TEST(ParseYaml, BoundsDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(parsed(nested(maximum_depth)).find('!'), std::string::npos);
  EXPECT_EQ(parsed(nested(maximum_depth + 1)), "!1:33 nested more than 32 levels deep");
  EXPECT_EQ(parsed(nested(500'000)), "!1:33 nested more than 32 levels deep");
  const std::string through_alias = "a: &x " + nested(20) + "\nb: [[[[[[[[[[[[*x]]]]]]]]]]]]\n";
  EXPECT_EQ(parsed(through_alias), "!2:16 nested more than 32 levels deep");
}

TEST(ParseYaml, BoundsTheKeysOfAMap) {
  std::string text;
  for (int key = 0; key < 1000; ++key) text += "k" + std::to_string(key) + ": v\n";
  EXPECT_EQ(parsed(text).find('!'), std::string::npos);
  EXPECT_EQ(parsed(text + "one: more\n"), "!1001:1 more than 1000 keys in one map");
}

TEST(ParseYaml, BoundsWhatAliasesMultiply) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'z'; ++name) {
    text += std::string(1, name) + ": &" + name + " [";
    for (int copy = 0; copy < 10; ++copy) text += std::string(copy == 0 ? "*" : ", *") + static_cast<char>(name - 1);
    text += "]\n";
  }
  EXPECT_EQ(parsed(text), "!5:36 more than 100000 values, aliases included");
}

}  // namespace
}  // namespace wsprobe::scenario
