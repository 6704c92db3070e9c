#include "exporters/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "core/system_call.hpp"

namespace wsprobe::exporters {
namespace {

tl::unexpected<std::string> cannot(std::string_view what, const std::string& path) {
  return tl::unexpected(system_error(fmt::format("cannot {} {}", what, path)));
}

mode_t mode_for(Readers readers) {
  if (readers == Readers::everyone) return 0644;
  const mode_t mask = umask(0);
  umask(mask);
  return static_cast<mode_t>(0666) & ~mask;
}

tl::expected<void, std::string> write_and_close(int descriptor, std::string_view text, Readers readers,
                                                const std::string& name) {
  tl::expected<void, std::string> done;
  if (!write_all(descriptor, text) || fchmod(descriptor, mode_for(readers)) != 0 || fsync(descriptor) != 0) {
    done = cannot("write", name);
  }
  // A full disk may say so only now.
  if (::close(descriptor) != 0 && done) done = cannot("write", name);
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
  if (descriptor < 0) return cannot("create a file beside", path);
  auto done = write_and_close(descriptor, text, readers, temporary);
  if (done && std::rename(temporary.c_str(), path.c_str()) != 0) done = cannot("replace", path);
  if (done) {
    flush_directory(path);
  } else {
    (void)::unlink(temporary.c_str());
  }
  return done;
}

}  // namespace wsprobe::exporters
