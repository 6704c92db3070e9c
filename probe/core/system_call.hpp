// What every caller of the operating system's functions needs.
#pragma once

#include <string>
#include <string_view>

namespace wsprobe {

/// `what` and the reason that errno holds: "cannot write report.json: No space left on device".
[[nodiscard]] std::string system_error(std::string_view what);

/// Writes all of it, in as many calls of write() as that takes. Where it is false, errno says why.
[[nodiscard]] bool write_all(int descriptor, std::string_view bytes);

}  // namespace wsprobe
