// Whether a descriptor takes bytes now.
#pragma once

namespace wsprobe::net {

/// Whether a write of up to PIPE_BUF (4096) bytes would not block. Files always take them.
[[nodiscard]] bool is_writable_now(int descriptor);

}  // namespace wsprobe::net
