// Bytes read and not yet decoded.
//
// Small, because thousands of held connections have one each; after a read that filled it, it grows, so that large
// messages do not cost a system call for every half kilobyte.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace wsprobe::exchange {

class ReadBuffer {
 public:
  static constexpr std::size_t small = 512;  ///< an ordinary head
  static constexpr std::size_t idle = 128;   ///< a control frame
  static constexpr std::size_t large = 8 * 1024;

  [[nodiscard]] std::span<const std::byte> unread() const { return {bytes_.get() + begin_, end_ - begin_}; }

  /// The first `count` unread bytes are done with.
  void take(std::size_t count) { begin_ += count; }

  /// Where to read into; nothing may be unread.
  [[nodiscard]] std::span<std::byte> room() {
    if (!bytes_ || (end_ == size_ && size_ < large)) {
      if (bytes_) size_ *= 4;
      bytes_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    }
    begin_ = end_ = 0;
    return {bytes_.get(), size_};
  }

  /// Starts small again where nothing is unread: little is expected from now on.
  void shrink() {
    if (!unread().empty()) return;
    bytes_.reset();
    size_ = idle;
    begin_ = end_ = 0;
  }

  /// `count` bytes were read into room().
  void filled(std::size_t count) { end_ = count; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = small;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace wsprobe::exchange
