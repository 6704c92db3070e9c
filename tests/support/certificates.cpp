#include "support/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace wsprobe::test {
namespace {

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string(what) + ": " + ERR_error_string(ERR_peek_last_error(), nullptr));
}

KeyPtr make_key(KeyKind kind) {
  KeyPtr key(kind == KeyKind::p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(1024));
  require(key != nullptr, "key");
  return key;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

CertificateSpec leaf_for(const std::string& names) {
  CertificateSpec spec;
  if (!names.empty()) spec.extensions.emplace_back("subjectAltName", names);
  return spec;
}

CertificateSpec authority_named(const std::string& common_name) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}};
  return spec;
}

Identity make_identity(const CertificateSpec& spec, const Identity* issuer) {
  Identity made{CertificatePtr(X509_new()), make_key(spec.key)};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1U);
  X509_gmtime_adj(X509_getm_notBefore(certificate), spec.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), spec.valid_until.count());
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0);
  X509* issuing = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuing));
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuing, certificate, nullptr, nullptr, 0);
  for (const auto& [name, value] : spec.extensions) {
    X509_EXTENSION* extension = X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str());
    require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, name.c_str());
    X509_EXTENSION_free(extension);
  }
  EVP_PKEY* signing = issuer != nullptr ? issuer->key.get() : made.key.get();
  require(X509_sign(certificate, signing, EVP_get_digestbyname(spec.digest)) > 0, "signature");
  return made;
}

std::string make_staple(const Identity& subject, const Identity& issuer, const Identity& signer, StapleStatus status,
                        std::chrono::seconds until) {
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  ASN1_TIME* now = X509_gmtime_adj(nullptr, 0);
  ASN1_TIME* this_update = X509_gmtime_adj(nullptr, until.count() - 3600);
  ASN1_TIME* next_update = X509_gmtime_adj(nullptr, until.count());
  OCSP_CERTID* id = OCSP_cert_to_id(nullptr, subject.certificate.get(), issuer.certificate.get());
  const bool revoked = status == StapleStatus::revoked;
  const int code = revoked                           ? V_OCSP_CERTSTATUS_REVOKED
                   : status == StapleStatus::unknown ? V_OCSP_CERTSTATUS_UNKNOWN
                                                     : V_OCSP_CERTSTATUS_GOOD;
  OCSP_basic_add1_status(basic, id, code, revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0, revoked ? now : nullptr,
                         this_update, next_update);
  require(OCSP_basic_sign(basic, signer.certificate.get(), signer.key.get(), EVP_sha256(), nullptr, 0) == 1, "staple");
  const std::unique_ptr<OCSP_RESPONSE, FreeOpenssl> response(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic));
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &der);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  for (ASN1_TIME* time : {now, this_update, next_update}) ASN1_TIME_free(time);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  return bytes;
}

PemFiles::PemFiles() {
  std::string name = std::filesystem::temp_directory_path() / "wsprobe-pem-XXXXXX";
  require(::mkdtemp(name.data()) != nullptr, "temporary directory");
  directory_ = name;
}

PemFiles::~PemFiles() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string PemFiles::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name)) << text;
  return path(name);
}

std::string PemFiles::write(const std::string& name, const X509* certificate) const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return write(name, text_of(bio));
}

std::string PemFiles::write(const std::string& name, const EVP_PKEY* key) const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return write(name, text_of(bio));
}

}  // namespace wsprobe::test
