#include "core/boxed.hpp"

#include <string>

#include <gtest/gtest.h>

namespace wsprobe {
namespace {

TEST(Boxed, HasNothingAtFirst) {
  const Boxed<std::string> none;
  EXPECT_FALSE(none.has_value());
  EXPECT_FALSE(none);
  EXPECT_EQ(sizeof none, sizeof(void*));
}

TEST(Boxed, IsMadeOfWhatAnOptionalIsMadeOf) {
  EXPECT_EQ(*Boxed<std::string>(std::string("one")), "one");
  EXPECT_EQ(*Boxed<std::string>(std::optional<std::string>("one")), "one");
  EXPECT_FALSE(Boxed<std::string>(std::optional<std::string>()));
  Boxed<std::string> text;
  EXPECT_EQ(text.emplace(3, 'x'), "xxx");
  EXPECT_EQ(text->size(), 3U);
}

TEST(Boxed, ACopyIsIndependent) {
  Boxed<std::string> first(std::string("one"));
  Boxed<std::string> second = first;
  *second = "two";
  EXPECT_EQ(*first, "one");
  first = second;
  second.reset();
  EXPECT_EQ(*first, "two");
  EXPECT_FALSE(second);
  first = *&first;
  EXPECT_EQ(*first, "two");
}

TEST(Boxed, WhatIsMovedAwayIsNotThereAnyLonger) {
  Boxed<std::string> first(std::string("one"));
  const Boxed<std::string> second = std::move(first);
  EXPECT_EQ(*second, "one");
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the question
}

}  // namespace
}  // namespace wsprobe
