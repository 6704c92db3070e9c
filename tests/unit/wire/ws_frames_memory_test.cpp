// Thousands of sockets may be held at once, so what one idle codec costs is a promise. This executable counts what is
// on the heap.
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "support/splits.hpp"
#include "unit/wire/server_frames.hpp"
#include "wire/ws_frames.hpp"

namespace {

std::size_t bytes_on_heap = 0;

void release(void* memory) noexcept {
  bytes_on_heap -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  bytes_on_heap += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }

namespace wsprobe::wire {
namespace {

constexpr std::size_t idle_bytes = 768;

void no_mask(std::span<std::byte> out) { std::fill(out.begin(), out.end(), std::byte{}); }

std::size_t receive(FrameCodec& codec, std::string_view bytes) {
  std::size_t items = 0;
  while (!bytes.empty()) {
    bytes.remove_prefix(codec.feed(test::as_bytes(bytes)).value());
    if (codec.next()) ++items;
  }
  return items;
}

TEST(FrameCodecMemory, AnIdleCodecIsSmall) {
  const std::size_t before = bytes_on_heap;
  const FrameCodec codec(no_mask);
  EXPECT_GT(bytes_on_heap, before);
  EXPECT_LE(bytes_on_heap - before + sizeof(codec), idle_bytes);
}

TEST(FrameCodecMemory, NothingIsKeptOfMessagesThatAreOver) {
  const std::string message = frame(opcode::text, std::string(100'000, 'x'));
  const std::size_t before = bytes_on_heap;
  FrameCodec codec(no_mask);
  EXPECT_EQ(receive(codec, message), 1U);
  EXPECT_EQ(receive(codec, "\x89\x04ping"), 1U);
  EXPECT_EQ(codec.ping("ping").size(), 10U);
  EXPECT_LE(bytes_on_heap - before + sizeof(codec), idle_bytes);
}

TEST(FrameCodecMemory, AnAnnouncedLengthBeyondTheLimitCostsNothing) {
  const std::size_t before = bytes_on_heap;
  FrameCodec codec(no_mask);
  EXPECT_FALSE(codec.feed(test::as_bytes({"\x82\x7F\x00\x00\x00\x00\x40\x00\x00\x00", 10})));
  EXPECT_LE(bytes_on_heap - before + sizeof(codec), idle_bytes + 256);  // and the error
}

}  // namespace
}  // namespace wsprobe::wire
