#include "core/redactor.hpp"

#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "core/text.hpp"

namespace wsprobe {
namespace {

const std::string secret = R"(Tok3n-8/x+y="q\9' z%&<e>)";
const std::string mark = "[redacted:valid]";

Redactor redactor_of(const std::string& value) {
  Redactor redactor;
  redactor.add(std::make_shared<const Secret>("valid", value));
  return redactor;
}

std::string redacted(std::string_view text, Ending ending = Ending::whole) { return redactor_of(secret)(text, ending); }

/// The secret with every character that is no letter or digit written by `escape`.
template <typename Escape>
std::string written(Escape escape) {
  std::string out;
  for (const char c : secret) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    out += plain ? std::string(1, c) : escape(c);
  }
  return out;
}

std::string hex(char c, const char* digits) {
  const auto byte = static_cast<unsigned char>(c);
  return {digits[byte / 16], digits[byte % 16]};
}

constexpr const char* low = "0123456789abcdef";
constexpr const char* high = "0123456789ABCDEF";

TEST(Redactor, FindsASecretHoweverItIsWritten) {
  const std::string forms[] = {
      secret,
      percent_encode(secret),
      written([](char c) { return "%" + hex(c, low); }),
      written([](char c) { return c == ' ' ? "+" : "%" + hex(c, high); }),
      written([](char c) { return "\\u00" + hex(c, low); }),
      written([](char c) { return "\\\\u00" + hex(c, high); }),
      written([](char c) { return "\\x" + hex(c, low); }),
      written([](char c) { return c == '"' || c == '\\' || c == '/' ? std::string("\\") + c : std::string(1, c); }),
      written([](char c) { return "&#" + std::to_string(static_cast<int>(c)) + ";"; }),
      written([](char c) { return "&#x" + hex(c, low) + ";"; }),
      R"(Tok3n-8/x+y=&quot;q\9&#39; z%&amp;&lt;e&gt;)",
      escape_for_display(secret),
      R"(TOK3N-8/X+Y="Q\9' Z%&<E>)",
      "VG9rM24tOC94K3k9InFcOScgeiUmPGU+",
  };
  for (const std::string& form : forms) {
    EXPECT_EQ(redacted("before " + form + " after"), "before " + mark + " after") << form;
    EXPECT_EQ(redacted(form + form), mark + mark) << form;
  }
}

TEST(Redactor, FindsTheBeginningOfASecretThatWasCut) {
  for (std::size_t kept = 6; kept < secret.size(); ++kept) {
    const std::string beginning = secret.substr(0, kept);
    EXPECT_EQ(redacted("a " + beginning + "...\" b"), "a " + mark + "...\" b") << kept;
    EXPECT_EQ(redacted("a " + beginning + "\u2026"), "a " + mark + "\u2026") << kept;
    EXPECT_EQ(redacted("a " + beginning, Ending::cut), "a " + mark) << kept;
    EXPECT_EQ(redacted("a " + beginning, Ending::whole), "a " + beginning) << kept;
  }
}

TEST(Redactor, FindsASecretThatWasCutInsideAnEscape) {
  const std::string encoded = percent_encode(secret);
  for (std::size_t kept = 8; kept < encoded.size(); ++kept) {
    const std::string text = redacted(encoded.substr(0, kept), Ending::cut);
    EXPECT_EQ(text.substr(0, mark.size()), mark) << kept;
    EXPECT_LE(text.size(), mark.size() + 2) << text;
  }
}

TEST(Redactor, LeavesOtherTextAlone) {
  for (const std::string text :
       {"", "Tok3n", "Tok3n-8 and nothing more", "Tok3n-9/x+y", "%54%6", "\\u00", "&#", "&#x;", "\\", "100%"}) {
    EXPECT_EQ(redacted(text), text);
  }
  EXPECT_EQ(redacted("Tok3n...", Ending::cut), "Tok3n...") << "five characters are no secret";
}

TEST(Redactor, ComparesASecretThatLooksLikeAnEscapeAsItIs) {
  for (const std::string value : {"%41%42%43", "a\\u0041b\\\\", "1&amp;2&lt;3", "one+two three"}) {
    EXPECT_EQ(redactor_of(value)("x " + value + " y"), "x " + mark + " y") << value;
    EXPECT_EQ(redactor_of(value)("x " + percent_encode(value) + " y"), "x " + mark + " y") << value;
  }
}

TEST(Redactor, ReplacesAShortSecretOnlyAsItIs) {
  const Redactor redactor = redactor_of("a b");
  EXPECT_EQ(redactor("xa by"), "x[redacted:valid]y");
  EXPECT_EQ(redactor("a%20b A B a..."), "a%20b A B a...");
}

TEST(Redactor, PrefersTheLongerOfTwoSecrets) {
  Redactor redactor;
  redactor.add(std::make_shared<const Secret>("short", "abcdef"));
  redactor.add(std::make_shared<const Secret>("long", "abcdefghij"));
  EXPECT_EQ(redactor("abcdefghij abcdef abcdefgh..."), "[redacted:long] [redacted:short] [redacted:long]...");
}

TEST(Redactor, FindsASecretThatIsNotAscii) {
  const std::string value = "schl\u00fcssel-42";
  for (const std::string& text : {value, std::string("schl%C3%BCssel-42"), std::string("schl\\xc3\\xbcssel-42")}) {
    EXPECT_EQ(redactor_of(value)(text), mark) << text;
  }
}

TEST(Redactor, IsNotSlowedDownByAWholeBodyOfEscapes) {
  constexpr std::size_t whole_body = 64 * 1024;
  const Redactor redactor = redactor_of(std::string(64, '\\'));
  for (const char sign : {'\\', '%', '&', 'T'}) {
    const auto began = std::chrono::steady_clock::now();
    const std::string text = redactor(std::string(whole_body, sign), Ending::cut);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1)) << sign;
    EXPECT_FALSE(text.empty());
  }
}

TEST(Redactor, KnowsNothingAtFirst) {
  Redactor redactor;
  EXPECT_TRUE(redactor.empty());
  redactor.add(std::make_shared<const Secret>("none", ""));
  EXPECT_TRUE(redactor.empty());
  EXPECT_EQ(redactor("text", Ending::cut), "text");
}

}  // namespace
}  // namespace wsprobe
