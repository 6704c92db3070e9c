#include "exchange/read_buffer.hpp"

#include <gtest/gtest.h>

namespace wsprobe::exchange {
namespace {

TEST(ReadBuffer, HasNothingAndTakesNoMemoryBeforeItsFirstRead) {
  const ReadBuffer buffer;
  EXPECT_TRUE(buffer.unread().empty());
  EXPECT_EQ(buffer.unread().data(), nullptr);
}

TEST(ReadBuffer, HandsOutWhatWasFilledInOrder) {
  ReadBuffer buffer;
  buffer.room()[0] = std::byte{'a'};
  buffer.room()[1] = std::byte{'b'};
  buffer.filled(2);
  EXPECT_EQ(buffer.unread().size(), 2U);
  buffer.take(1);
  ASSERT_EQ(buffer.unread().size(), 1U);
  EXPECT_EQ(buffer.unread()[0], std::byte{'b'});
  buffer.take(1);
  EXPECT_TRUE(buffer.unread().empty());
}

TEST(ReadBuffer, GrowsToABoundWhileReadsFillIt) {
  ReadBuffer buffer;
  EXPECT_EQ(buffer.room().size(), ReadBuffer::small);
  buffer.filled(ReadBuffer::small - 1);
  EXPECT_EQ(buffer.room().size(), ReadBuffer::small);
  for (const std::size_t size : {512U, 2048U}) {
    EXPECT_EQ(buffer.room().size(), size);
    buffer.filled(size);
  }
  EXPECT_EQ(buffer.room().size(), ReadBuffer::large);
  buffer.filled(ReadBuffer::large);
  EXPECT_EQ(buffer.room().size(), ReadBuffer::large);
}

TEST(ReadBuffer, ShrinksOnlyWhenNothingIsUnread) {
  ReadBuffer buffer;
  buffer.room()[0] = std::byte{'a'};
  buffer.filled(1);
  buffer.shrink();
  ASSERT_EQ(buffer.unread().size(), 1U);
  buffer.take(1);
  buffer.shrink();
  EXPECT_EQ(buffer.unread().data(), nullptr);
  EXPECT_EQ(buffer.room().size(), ReadBuffer::idle);
}

TEST(ReadBuffer, CarriesWhatIsUnreadWhenItIsMoved) {
  ReadBuffer buffer;
  buffer.room()[0] = std::byte{'a'};
  buffer.filled(1);
  const ReadBuffer moved = std::move(buffer);
  ASSERT_EQ(moved.unread().size(), 1U);
  EXPECT_EQ(moved.unread()[0], std::byte{'a'});
}

}  // namespace
}  // namespace wsprobe::exchange
