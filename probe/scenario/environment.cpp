#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "scenario/loader.hpp"

namespace wsprobe::scenario {
namespace {

tl::unexpected<std::string> failure_of(int error) { return tl::unexpected(std::generic_category().message(error)); }

class File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string size_in_words(std::size_t bytes) { return fmt::format("{} MiB", bytes / (1024 * 1024)); }

tl::expected<std::string, std::string> read_scenario_file(const std::string& path) {
  return read_bounded(path, maximum_file_size);
}

bool is_readable_by_all(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0;
}

std::string make_random_mark() {
  // Not std::random_device: it first asks the processor what it is, which costs a virtual machine more than the random.
  const std::uint32_t high = ::arc4random();
  const std::uint32_t low = ::arc4random();
  return fmt::format("wsprobe-invalid-{:08x}{:08x}", high, low);
}

}  // namespace

tl::expected<std::string, std::string> read_bounded(const std::string& path, std::size_t limit) {
  const File file(path);
  if (file.descriptor() < 0) return failure_of(errno);
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t count = ::read(file.descriptor(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure_of(errno);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > limit) return tl::unexpected("it is larger than " + size_in_words(limit));
  }
}

Environment Environment::of_process() {
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // nothing here sets variables
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return {variable, read_scenario_file, make_random_mark, is_readable_by_all};
}

}  // namespace wsprobe::scenario
