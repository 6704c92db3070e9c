#include "net/certificate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <memory>

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

namespace wsprobe::net {
namespace {

constexpr std::size_t most_names = 100;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

/// Beyond what WallTime holds (1678 to 2261) the nearest that it does: 9999-12-31T23:59:59Z stands for "never" (RFC
/// 5280, section 4.1.2.5).
std::optional<WallTime> wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const auto earliest = std::chrono::ceil<std::chrono::seconds>(WallTime::min()).time_since_epoch().count();
  const auto latest = std::chrono::floor<std::chrono::seconds>(WallTime::max()).time_since_epoch().count();
  return std::chrono::system_clock::from_time_t(std::clamp<std::time_t>(::timegm(&parts), earliest, latest));
}

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(octets);
  if (size != 4 && size != 16) return "?";
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(octets), text, sizeof text);
  return text;
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> names;
  const GeneralNamesPtr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int at = 0; all && at < sk_GENERAL_NAME_num(all.get()) && names.size() < most_names; ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), at);
    if (name->type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      names.push_back(address_text(name->d.iPAddress));
    }
  }
  return names;
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < size; ++at) out += fmt::format("{:02x}", bytes[at]);
  return out;
}

std::string serial_text(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(std::min(ASN1_STRING_length(serial), 64)));
}

std::string fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  return hex(digest.data(), size);
}

void keep_chain(X509_STORE_CTX* store, TlsFacts& facts) {
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf == nullptr) return;
  facts.subject = name_text(X509_get_subject_name(leaf));
  facts.issuer = name_text(X509_get_issuer_name(leaf));
  facts.names = alternative_names(leaf);
  facts.not_before = wall_time(X509_get0_notBefore(leaf));
  facts.not_after = wall_time(X509_get0_notAfter(leaf));
  facts.serial = serial_text(leaf);
  facts.fingerprint_sha256 = fingerprint(leaf);
  facts.earliest_not_after = facts.not_after;
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  facts.chain_length = sk_X509_num(sent);
  for (int at = 0; at < facts.chain_length; ++at) {
    const auto ends = wall_time(X509_get0_notAfter(sk_X509_value(sent, at)));
    if (ends && (!facts.earliest_not_after || *ends < *facts.earliest_not_after)) facts.earliest_not_after = ends;
  }
}

Reason reason_of(int verify_error) {
  switch (verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return Reason::tls_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return Reason::tls_not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return Reason::tls_wrong_host;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return Reason::tls_self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED: return Reason::tls_untrusted;
    case X509_V_ERR_CERT_REVOKED: return Reason::tls_revoked;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED: return Reason::tls_not_a_ca;
    case X509_V_ERR_INVALID_PURPOSE: return Reason::tls_wrong_purpose;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX: return Reason::tls_name_constraint;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL: return Reason::tls_weak_key;
    case X509_V_ERR_CA_MD_TOO_WEAK: return Reason::tls_weak_digest;
    default: return Reason::tls_bad_certificate;
  }
}

std::string date(const std::optional<WallTime>& time) {
  if (!time) return "an unreadable date";
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(*time)));
}

std::string days(const std::optional<WallTime>& time) {
  if (!time) return "";
  const double away = std::chrono::duration<double>(std::chrono::system_clock::now() - *time).count() / 86400;
  const double distance = std::abs(away);
  const std::string span =
      distance < 1 ? fmt::format("{:.0f} hours", distance * 24) : fmt::format("{:.0f} days", distance);
  return away >= 0 ? fmt::format(", {} ago", span) : fmt::format(", in {}", span);
}

}  // namespace

int verify_and_capture(X509_STORE_CTX* store, void* /*unused*/) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* capture = static_cast<ChainCapture*>(SSL_get_app_data(ssl));
  const int verified = X509_verify_cert(store);
  const int error = X509_STORE_CTX_get_error(store);
  capture->verify_error = verified == 1 ? X509_V_OK : error;
  keep_chain(store, *capture->facts);
  capture->facts->verified = verified == 1;
  if (verified != 1) {
    capture->facts->verify_error = X509_verify_cert_error_string(error);
    if (const X509* culprit = X509_STORE_CTX_get_current_cert(store)) {
      capture->subject_in_error = name_text(X509_get_subject_name(culprit));
      capture->not_before_in_error = wall_time(X509_get0_notBefore(culprit));
      capture->not_after_in_error = wall_time(X509_get0_notAfter(culprit));
    }
  }
  if (capture->verify == Verify::full) return verified;
  // The handshake goes on; OpenSSL must not remember a failure that was waived.
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

Error verify_error(const ChainCapture& capture, const std::string& wanted_name) {
  const Reason reason = reason_of(capture.verify_error);
  const TlsFacts& facts = *capture.facts;
  const std::string& subject = capture.subject_in_error.empty() ? facts.subject : capture.subject_in_error;
  std::string detail;
  if (reason == Reason::tls_expired) {
    detail = fmt::format("it expired {}{}; subject {}", date(capture.not_after_in_error),
                         days(capture.not_after_in_error), subject);
  } else if (reason == Reason::tls_not_yet_valid) {
    detail = fmt::format("it is valid from {}{}; subject {}", date(capture.not_before_in_error),
                         days(capture.not_before_in_error), subject);
  } else if (reason == Reason::tls_wrong_host) {
    detail = facts.names.empty() ? fmt::format("wanted {}; it has no alternative names", wanted_name)
                                 : fmt::format("wanted {}; it is for {}", wanted_name, fmt::join(facts.names, ", "));
  } else {
    detail = fmt::format("{}; subject {}, issuer {}", X509_verify_cert_error_string(capture.verify_error), subject,
                         facts.issuer);
  }
  return make_error(Phase::tls, reason, std::move(detail));
}

}  // namespace wsprobe::net
