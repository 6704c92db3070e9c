// Configuration files in pairs: of the bad twin exactly the findings beside it, of the good twin none.
//
// tests/data/lint/PRODUCT/NAME.{good,bad}.EXT, or a folder NAME.{good,bad} where several files are one deployment. A
// bad one has NAME.bad.EXT.expected beside it with a line `LINE RULE SEVERITY` (`FILE:LINE ...` in folders) a finding.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/lint.hpp"

namespace wsprobe::lint {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

const fs::path corpus = fs::path(WSPROBE_SOURCE_DIR) / "tests/data/lint";

struct Case {
  fs::path path;

  [[nodiscard]] bool is_bad() const { return path.filename().string().find(".bad") != std::string::npos; }
  [[nodiscard]] fs::path expected() const { return path.string() + ".expected"; }
};

std::ostream& operator<<(std::ostream& out, const Case& one) { return out << fs::relative(one.path, corpus).string(); }

std::vector<Case> cases() {
  std::vector<Case> out;
  for (const fs::directory_entry& product : fs::directory_iterator(corpus)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(product)) {
      if (entry.path().extension() != ".expected") out.push_back({entry.path()});
    }
  }
  std::sort(out.begin(), out.end(), [](const Case& left, const Case& right) { return left.path < right.path; });
  return out;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

Source source_of(const fs::path& path, const std::string& name) {
  Source source{name, text_of(path), {}, false};
  const auto kind = detect_kind(name, source.text);
  EXPECT_TRUE(kind.has_value()) << "whose configuration is " << path << "?";
  source.kind = kind.value_or(SourceKind::labels);
  return source;
}

std::vector<Source> sources_of(const Case& one) {
  if (!fs::is_directory(one.path)) return {source_of(one.path, one.path.filename())};
  std::vector<Source> sources;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(one.path)) {
    if (entry.is_regular_file()) {
      sources.push_back(source_of(entry.path(), fs::relative(entry.path(), one.path).string()));
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const Source& left, const Source& right) { return left.name < right.name; });
  return sources;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

Result linted(const std::vector<Source>& sources) {
  Question question;
  question.host = "app.lab.test";
  question.port = 443;
  return lint(sources, question);
}

std::vector<std::string> described(const Result& result, bool with_file) {
  std::vector<std::string> out;
  for (const Finding& finding : result.findings) {
    const std::string file = with_file ? finding.at.file + ":" : "";
    out.push_back(fmt::format("{}{} {} {}", file, finding.at.line, name(finding.rule), name(finding.severity)));
  }
  return out;
}

class Corpus : public testing::TestWithParam<Case> {};

TEST_P(Corpus, IsJudgedAsExpected) {
  const Case& one = GetParam();
  const Result result = linted(sources_of(one));
  for (const Problem& problem : result.problems) ADD_FAILURE() << problem.at.line << ": " << problem.message;
  const std::vector<std::string> found = described(result, fs::is_directory(one.path));
  if (!one.is_bad()) {
    EXPECT_THAT(found, IsEmpty());
    EXPECT_THAT(result.traces, testing::Not(IsEmpty())) << "silent because nothing was looked at";
    return;
  }
  const std::vector<std::string> expected = lines_of(one.expected());
  EXPECT_THAT(expected, testing::Not(IsEmpty())) << one.expected() << " is missing or empty";
  EXPECT_THAT(found, UnorderedElementsAreArray(expected));
}

/// Every error and warning says what to do, and every sentence is one without its full stop.
TEST_P(Corpus, FindingsAreWhole) {
  for (const Finding& finding : linted(sources_of(GetParam())).findings) {
    for (const std::string* sentence : {&finding.says, &finding.breaks, &finding.correction.text}) {
      EXPECT_FALSE(sentence->empty()) << name(finding.rule);
      EXPECT_FALSE(sentence->ends_with('.')) << *sentence;
    }
    EXPECT_TRUE(finding.correction.snippet.empty() || finding.correction.snippet.ends_with('\n'));
  }
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string text = fs::relative(info.param.path, corpus).string();
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(Files, Corpus, testing::ValuesIn(cases()), test_name);

TEST(CorpusAsAWhole, HasATwinForEachFile) {
  for (const Case& one : cases()) {
    std::string twin = one.path.string();
    const std::size_t at = twin.rfind(one.is_bad() ? ".bad" : ".good");
    ASSERT_NE(at, std::string::npos) << twin;
    twin.replace(at, one.is_bad() ? 4 : 5, one.is_bad() ? ".good" : ".bad");
    EXPECT_TRUE(fs::exists(twin)) << twin;
  }
}

TEST(CorpusAsAWhole, IsLargeEnough) { EXPECT_GE(cases().size(), 80U); }

}  // namespace
}  // namespace wsprobe::lint
