// wsprobe-script-host: runs a page's scripts for wsprobe, in a process that can do nothing else.
//
// One request on standard input, one answer on standard output (browser/script_protocol.hpp). Exit code 0 with an
// answer, 2 where the request cannot be read, 3 where the walls or the engine cannot be set up. Not meant for people.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "browser/script_protocol.hpp"
#include "core/system_call.hpp"
#include "script_host/page_realm.hpp"
#include "script_host/sandbox.hpp"

namespace wsprobe::script_host {
namespace {

/// Everything on standard input, and one byte more than a request may have.
std::string read_request() {
  std::string bytes;
  std::array<char, 65536> buffer;  // read() fills it
  while (bytes.size() <= browser::largest_request) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return bytes;
}

int give_up(int code, const std::string& why) {
  (void)write_all(STDERR_FILENO, "wsprobe-script-host: " + why + "\n");
  return code;
}

int run() {
  ::setenv("TZ", "UTC", 1);
  if (auto limited = limit_process(); !limited) return give_up(3, limited.error());
  auto realm = PageRealm::start();
  if (!realm) return give_up(3, realm.error());
  const auto request = browser::decode_request(read_request());
  if (!request) return give_up(2, request.error());
  if (auto closed = close_the_walls(); !closed) return give_up(3, closed.error());
  const std::string answer = browser::encode((*realm)->run(*request));
  return write_all(STDOUT_FILENO, answer) ? 0 : 3;
}

}  // namespace
}  // namespace wsprobe::script_host

/// Ends at once: what libraries would still do is behind the walls.
int main() { ::_exit(wsprobe::script_host::run()); }
