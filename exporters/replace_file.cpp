#include "exporters/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace wsprobe::exporters {
namespace {

tl::unexpected<std::string> system_error(const std::string& what) {
  return tl::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

tl::expected<void, std::string> write_all(int descriptor, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(fmt::format("cannot write {}", name));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

mode_t mode_for(Readers readers) {
  if (readers == Readers::everyone) return 0644;
  const mode_t mask = umask(0);
  umask(mask);
  return static_cast<mode_t>(0666) & ~mask;
}

tl::expected<void, std::string> write_and_close(int descriptor, std::string_view text, Readers readers,
                                                const std::string& name) {
  auto done = write_all(descriptor, text, name);
  if (done && fchmod(descriptor, mode_for(readers)) != 0) done = system_error(fmt::format("cannot write {}", name));
  if (done && fsync(descriptor) != 0) done = system_error(fmt::format("cannot write {}", name));
  // A full disk may say so only now.
  if (::close(descriptor) != 0 && done) done = system_error(fmt::format("cannot write {}", name));
  return done;
}

/// The new name is on the disk only when the directory is. Some file systems cannot do that; the file is whole anyway.
void flush_directory(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  const int descriptor = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)fsync(descriptor);
  (void)::close(descriptor);
}

}  // namespace

tl::expected<void, std::string> replace_file(std::string_view text, const std::string& path, Readers readers) {
  std::string temporary = path + ".XXXXXX";
  // O_EXCL is mkostemp's own: nothing that lies there already, a link included, is ever written through.
  const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return system_error(fmt::format("cannot create a file beside {}", path));
  auto done = write_and_close(descriptor, text, readers, temporary);
  if (done && std::rename(temporary.c_str(), path.c_str()) != 0)
    done = system_error(fmt::format("cannot replace {}", path));
  if (done) {
    flush_directory(path);
  } else {
    (void)::unlink(temporary.c_str());
  }
  return done;
}

}  // namespace wsprobe::exporters
