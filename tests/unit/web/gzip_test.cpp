#include "web/gzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace wsprobe::web {
namespace {

std::string gunzip(const std::string& compressed, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

TEST(Gzip, CanBeReadAgain) {
  std::string text;
  for (int at = 0; at < 1000; ++at) text += "wsprobe_step_success{step=\"health\"} 1\n";
  const auto compressed = gzip(text);
  ASSERT_TRUE(compressed);
  EXPECT_LT(compressed->size(), text.size() / 10);
  EXPECT_EQ(gunzip(*compressed, text.size()), text);
}

TEST(Gzip, IsSentOnlyToThoseWhoTakeIt) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("br;q=1.0, GZIP;q=0.8, *;q=0.1"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip; q=0.000"));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip("x-gzip-like"));
  EXPECT_FALSE(accepts_gzip(""));
}

}  // namespace
}  // namespace wsprobe::web
