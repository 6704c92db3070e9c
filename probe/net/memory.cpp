#include "net/memory.hpp"

#include <ares.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <new>

namespace wsprobe::net {
namespace {

void* checked(void* allocated) {
  const auto handler = std::get_new_handler();
  if (allocated == nullptr && handler != nullptr) handler();
  return allocated;
}

void* allocate(std::size_t size) { return checked(std::malloc(size)); }

void* reallocate(void* old, std::size_t size) {
  if (size != 0) return checked(std::realloc(old, size));
  std::free(old);
  return nullptr;
}

}  // namespace

void use_new_handler_in_libraries() {
  CRYPTO_set_mem_functions([](std::size_t size, const char*, int) { return allocate(size); },
                           [](void* old, std::size_t size, const char*, int) { return reallocate(old, size); },
                           [](void* old, const char*, int) { std::free(old); });
  ares_library_init_mem(ARES_LIB_INIT_ALL, allocate, std::free, reallocate);
}

}  // namespace wsprobe::net
