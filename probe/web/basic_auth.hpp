// HTTP basic authentication against bcrypt hashes (RFC 7617).
//
// A hash costs a tenth of a second by design, so that whoever asks often would own the processor: hashes are computed
// on a thread of their own, few of them wait, and what was found is remembered, refusals too.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/asio.hpp"
#include "net/keyed_digest.hpp"
#include "net/worker.hpp"

namespace wsprobe::web {

/// Whether `hash` is one that crypt(3) knows as bcrypt: "$2a$", "$2b$" or "$2y$".
[[nodiscard]] bool is_bcrypt_hash(std::string_view hash);

enum class Admission : unsigned char { granted, refused, overloaded };

class BasicAuth {
 public:
  BasicAuth(asio::io_context& context, std::map<std::string, std::string> hashes);

  /// `authorization` is the field's value, or null where there is none. A user that does not exist takes as long as one
  /// that does.
  net::awaitable<Admission> check(const std::string* authorization);

 private:
  void remember(const net::Digest& of, bool granted);

  std::map<std::string, std::string> hashes_;
  std::string decoy_;  // the hash for users that do not exist
  net::Digest key_{};
  std::map<net::Digest, bool> known_;
  net::Worker worker_;
};

}  // namespace wsprobe::web
