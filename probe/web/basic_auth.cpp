#include "web/basic_auth.hpp"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/evidence.hpp"
#include "net/connector.hpp"

namespace wsprobe::web {
namespace {

constexpr std::size_t most_known = 256;
constexpr std::size_t most_waiting = 16;

/// Of "no such user", cost 10.
constexpr std::string_view usual_decoy = "$2y$10$AAAAAAAAAAAAAAAAAAAAAOAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

std::optional<std::string> decode_base64(std::string_view text) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U | static_cast<unsigned>(digit)) & 0xFFFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return out;
}

struct Credentials {
  std::string user;
  std::string password;
};

std::optional<Credentials> read_credentials(std::string_view authorization) {
  constexpr std::string_view scheme = "Basic ";
  if (!equals_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', scheme.size()), authorization.size()));
  const auto decoded = decode_base64(authorization);
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

/// Takes as long whatever the texts are.
bool are_equal(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t at = 0; at < left.size(); ++at) {
    difference |= static_cast<unsigned>(left[at]) ^ static_cast<unsigned>(right[at]);
  }
  return difference == 0;
}

bool matches(const std::string& password, const std::string& hash) {
  // More than bcrypt looks at, or a NUL that would end it early, is never right.
  if (password.size() > 72 || password.find('\0') != std::string::npos) return false;
  const auto scratch = std::make_unique<crypt_data>();
  // Not crypt_r, which AddressSanitizer puts in the place of libcrypt's: the linker then leaves libcrypt out.
  const char* computed = ::crypt_rn(password.c_str(), hash.c_str(), scratch.get(), sizeof(crypt_data));
  return computed != nullptr && are_equal(computed, hash);
}

}  // namespace

bool is_bcrypt_hash(std::string_view hash) {
  constexpr std::string_view alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const bool is_known = hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (!is_known || hash.size() != 60 || hash[6] != '$') return false;
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  return cost >= 4 && cost <= 31 && hash.find_first_not_of(alphabet, 7) == std::string_view::npos;
}

BasicAuth::BasicAuth(asio::io_context& context, std::map<std::string, std::string> hashes)
    : hashes_(std::move(hashes)),
      decoy_(hashes_.empty() ? usual_decoy : std::string_view(hashes_.begin()->second)),
      worker_(context, most_waiting) {
  net::random_bytes(key_);
}

void BasicAuth::remember(const net::Digest& of, bool granted) {
  // Guesses must not push out those who have a right to be here.
  if (known_.size() >= most_known) std::erase_if(known_, [](const auto& entry) { return !entry.second; });
  if (known_.size() < most_known) known_.emplace(of, granted);
}

net::awaitable<Admission> BasicAuth::check(const std::string* authorization) {
  const auto given = authorization != nullptr ? read_credentials(*authorization) : std::nullopt;
  if (!given) co_return Admission::refused;
  const net::Digest digest = net::keyed_digest(key_, *authorization);
  if (const auto found = known_.find(digest); found != known_.end()) {
    co_return found->second ? Admission::granted : Admission::refused;
  }
  const auto user = hashes_.find(given->user);
  const bool exists = user != hashes_.end();
  const std::string hash = exists ? user->second : decoy_;
  bool right = false;
  std::function<void()> job = [&right, &given, &hash] { right = matches(given->password, hash); };
  const bool done = co_await worker_.run(std::move(job));
  if (!done) co_return Admission::overloaded;
  const bool granted = right && exists;
  remember(digest, granted);
  co_return granted ? Admission::granted : Admission::refused;
}

}  // namespace wsprobe::web
