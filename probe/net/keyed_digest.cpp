#include "net/keyed_digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace wsprobe::net {

Digest keyed_digest(const Digest& key, std::string_view text) {
  Digest digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  return digest;
}

}  // namespace wsprobe::net
