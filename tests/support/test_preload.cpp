// Preloaded into the binary by tests, so that a test can be its name server on any port of loopback, and can know what
// memory it took.
//
// TEST_RESOLV_CONF is read where the program opens /etc/resolv.conf, and what it connects to port 53 goes to port
// TEST_NAME_SERVER_PORT of the same address. At the end the status of the process, as /proc has it, and whether it
// could have dumped core, is left in the file TEST_STATUS: that of wait4() counts the memory of whoever started the
// process as well.
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using Open = std::FILE* (*)(const char*, const char*);
using Connect = int (*)(int, const sockaddr*, socklen_t);

namespace {

struct LeaveStatus {
  ~LeaveStatus() {
    const char* const path = std::getenv("TEST_STATUS");
    std::FILE* const from = path != nullptr ? std::fopen("/proc/self/status", "r") : nullptr;
    std::FILE* const to = from != nullptr ? std::fopen(path, "w") : nullptr;
    char line[256];
    while (to != nullptr && std::fgets(line, sizeof line, from) != nullptr) std::fputs(line, to);
    if (to != nullptr) std::fprintf(to, "Dumpable:\t%d\n", prctl(PR_GET_DUMPABLE));
    if (to != nullptr) std::fclose(to);
    if (from != nullptr) std::fclose(from);
  }
};

const LeaveStatus leave_status;

}  // namespace

extern "C" std::FILE* test_fopen(const char* path, const char* mode) __asm__("fopen");
extern "C" int test_connect(int socket, const sockaddr* address, socklen_t size) __asm__("connect");

extern "C" std::FILE* test_fopen(const char* path, const char* mode) {
  static const auto next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "fopen"));
  const char* const instead = std::getenv("TEST_RESOLV_CONF");
  return next(instead != nullptr && std::strcmp(path, "/etc/resolv.conf") == 0 ? instead : path, mode);
}

extern "C" int test_connect(int socket, const sockaddr* address, socklen_t size) {
  static const auto next = reinterpret_cast<Connect>(dlsym(RTLD_NEXT, "connect"));
  const char* const port = std::getenv("TEST_NAME_SERVER_PORT");
  if (port == nullptr || address->sa_family != AF_INET) return next(socket, address, size);
  sockaddr_in changed{};
  std::memcpy(&changed, address, sizeof changed);
  constexpr std::uint16_t domain = 53;
  if (ntohs(changed.sin_port) == domain) changed.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  return next(socket, reinterpret_cast<const sockaddr*>(&changed), size);
}
