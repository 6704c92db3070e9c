// A certificate authority for tests: everything is made when the test runs, so nothing expires in the repository.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>

namespace wsprobe::test {

struct FreeOpenssl {
  void operator()(X509* object) const { X509_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(OCSP_RESPONSE* object) const { OCSP_RESPONSE_free(object); }
};
using CertificatePtr = std::unique_ptr<X509, FreeOpenssl>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeOpenssl>;

enum class KeyKind : std::uint8_t { p256, rsa1024 };

struct CertificateSpec {
  std::string common_name = "leaf";
  /// As in openssl.cnf: {"subjectAltName", "DNS:probe.test"}.
  std::vector<std::pair<std::string, std::string>> extensions;
  std::chrono::seconds valid_from{-3600};  ///< from now
  std::chrono::seconds valid_until{86400};
  KeyKind key = KeyKind::p256;
  const char* digest = "SHA256";
};

struct Identity {
  CertificatePtr certificate;
  KeyPtr key;
};

/// A leaf for these names ("DNS:probe.test,IP:127.0.0.1").
CertificateSpec leaf_for(const std::string& names);
/// An authority.
CertificateSpec authority_named(const std::string& common_name);

/// Signed by `issuer`, or by itself if there is none.
Identity make_identity(const CertificateSpec& spec, const Identity* issuer);

enum class StapleStatus : std::uint8_t { good, revoked, unknown };

/// An OCSP response about `subject`, in DER, signed by `signer`, valid from an hour before `until` to `until`.
std::string make_staple(const Identity& subject, const Identity& issuer, const Identity& signer, StapleStatus status,
                        std::chrono::seconds until);

/// PEM files in a directory of their own, which goes with the object.
class PemFiles {
 public:
  PemFiles();
  ~PemFiles();
  PemFiles(const PemFiles&) = delete;
  PemFiles& operator=(const PemFiles&) = delete;

  std::string write(const std::string& name, const X509* certificate) const;
  std::string write(const std::string& name, const EVP_PKEY* key) const;
  std::string write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

 private:
  std::filesystem::path directory_;
};

}  // namespace wsprobe::test
