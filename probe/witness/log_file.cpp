#include "witness/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace wsprobe::witness {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

}  // namespace

LogFile::~LogFile() { close_file(); }

void LogFile::close_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool LogFile::open_file(From from) {
  close_file();
  // Without O_NONBLOCK, opening a FIFO waits for its other end.
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) {
    problem_ = "it cannot be read: " + text_of(errno);
    return false;
  }
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    problem_ = "it is not a regular file";
    return false;
  }
  descriptor_ = descriptor;
  device_ = status.st_dev;
  inode_ = status.st_ino;
  position_ = from == From::end ? static_cast<std::uint64_t>(status.st_size) : 0;
  problem_.clear();
  return true;
}

void LogFile::begin() { open_file(From::end); }

bool LogFile::was_replaced() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return false;  // renamed away, and nobody has made a new one yet
  return status.st_dev != device_ || status.st_ino != inode_;
}

void LogFile::read_on(NewLines& out) {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < position_) {
    position_ = 0;
    splitter_ = {};
  }
  bool skipping = false;
  if (size - position_ > most_appended) {
    position_ = size - tail_size;
    splitter_ = {};
    skipping = true;  // to the end of the line in whose middle this is
    out.complete = false;
  }
  std::array<char, 65536> buffer{};
  for (std::uint64_t left = most_appended; left > 0;) {
    const ssize_t count = ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(position_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) problem_ = "it cannot be read: " + text_of(errno);
    if (count <= 0) return;
    const auto length = static_cast<std::size_t>(count);
    position_ += length;
    out.bytes += length;
    left -= std::min<std::uint64_t>(left, length);
    std::string_view bytes(buffer.data(), length);
    if (skipping) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) continue;
      bytes.remove_prefix(end + 1);
      skipping = false;
    }
    splitter_.take(bytes, out.lines);
  }
}

NewLines LogFile::read() {
  NewLines out;
  if (descriptor_ >= 0) {
    const bool replaced = was_replaced();
    read_on(out);
    if (!replaced) return out;
    splitter_.finish(out.lines);
    if (open_file(From::beginning)) read_on(out);
    return out;
  }
  // It was not there when the run began: most often it is made with the first line. It may also have been moved there.
  if (!open_file(From::beginning)) return out;
  out.since_beginning = false;
  out.complete = false;
  read_on(out);
  return out;
}

}  // namespace wsprobe::witness
