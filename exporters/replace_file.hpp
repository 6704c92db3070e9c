// A file that is replaced whole: whoever reads it sees the old text or the new one, also if this process is killed or
// the machine loses power in between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsprobe::exporters {

enum class Readers : std::uint8_t {
  by_umask,  ///< as any new file
  everyone,  ///< 0644, whatever the umask: another user's process collects it
};

/// Writes a temporary file in the same directory, flushes it to the disk, renames it to `path` and flushes the
/// directory. A temporary file's name ends in six random characters. On failure `path` is as it was, and the temporary
/// file is gone. A symbolic link at `path` is itself replaced. The error is in words.
[[nodiscard]] tl::expected<void, std::string> replace_file(std::string_view text, const std::string& path,
                                                           Readers readers);

}  // namespace wsprobe::exporters
