#include "net/descriptor.hpp"

#include <poll.h>

namespace wsprobe::net {

bool is_writable_now(int descriptor) {
  pollfd wanted{descriptor, POLLOUT, 0};
  return ::poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLOUT) != 0;
}

}  // namespace wsprobe::net
