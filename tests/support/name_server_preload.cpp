// Preloaded into the binary by tests, so that a test can be its name server on any port of loopback.
//
// TEST_RESOLV_CONF is read where the program opens /etc/resolv.conf, and what it connects to port 53 goes to port
// TEST_NAME_SERVER_PORT of the same address.
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using Open = std::FILE* (*)(const char*, const char*);
using Connect = int (*)(int, const sockaddr*, socklen_t);

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
