#include "web/web_config.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "scenario/yaml_reader.hpp"
#include "web/basic_auth.hpp"
#include "wire/grammar.hpp"

namespace wsprobe::web {
namespace {

using scenario::Diagnostics;
using scenario::Key;
using scenario::KeyTable;
using scenario::MapEntry;
using scenario::MapReader;
using scenario::Node;

constexpr std::array<Key, 3> file_list{{{"tls_server_config"}, {"http_server_config"}, {"basic_auth_users"}}};
constexpr std::array<Key, 10> tls_list{{{"cert_file", scenario::Presence::required},
                                        {"key_file", scenario::Presence::required},
                                        {"client_auth_type"},
                                        {"client_ca_file"},
                                        {"client_allowed_sans"},
                                        {"min_version"},
                                        {"max_version"},
                                        {"cipher_suites"},
                                        {"prefer_server_cipher_suites"},
                                        {"curve_preferences"}}};
constexpr std::array<Key, 2> http_list{{{"http2"}, {"headers"}}};
constexpr std::array<Key, 6> header_list{{{"Content-Security-Policy"},
                                          {"X-Frame-Options"},
                                          {"X-Content-Type-Options"},
                                          {"X-XSS-Protection"},
                                          {"Strict-Transport-Security"},
                                          {"Referrer-Policy"}}};
const KeyTable file_keys{"web configuration", file_list};
const KeyTable tls_keys{"tls_server_config", tls_list};
const KeyTable http_keys{"http_server_config", http_list};
const KeyTable header_keys{"headers", header_list};

template <typename T>
using Names = std::vector<std::pair<std::string_view, T>>;

/// One of a few words.
template <typename T>
void read_word(const Node* node, std::string_view key, const Names<T>& names, T& into, Diagnostics& diagnostics) {
  if (node == nullptr) return;
  const std::string what = fmt::format("`{}`", key);
  const auto word = scenario::read_text(*node, what, diagnostics);
  if (!word) return;
  std::vector<std::string> known;
  for (const auto& [name, value] : names) {
    if (name == *word) {
      into = value;
      return;
    }
    known.emplace_back(name);
  }
  diagnostics.error(node->at, fmt::format("{}: {} is not known", what, scenario::backquoted(*word)),
                    scenario::suggestion(*word, known));
}

std::vector<std::string> read_words(const Node* node, std::string_view key, Diagnostics& diagnostics) {
  std::vector<std::string> words;
  const std::string what = fmt::format("`{}`", key);
  if (node == nullptr || !scenario::expect_list(*node, what, diagnostics)) return words;
  for (const scenario::NodePtr& item : node->items) {
    if (auto word = scenario::read_text(*item, what, diagnostics)) words.push_back(std::move(*word));
  }
  return words;
}

/// Nothing but empty lines and comments.
bool is_empty(std::string_view yaml) {
  while (!yaml.empty()) {
    const std::size_t end = std::min(yaml.find('\n'), yaml.size());
    const std::size_t first = yaml.substr(0, end).find_first_not_of(" \t\r");
    if (first != std::string_view::npos && yaml[first] != '#') return false;
    yaml.remove_prefix(std::min(end + 1, yaml.size()));
  }
  return true;
}

class Reader {
 public:
  Reader(Diagnostics& diagnostics, const std::string& directory) : diagnostics_(diagnostics), directory_(directory) {}

  void read(const Node& root, WebConfig& config) {
    const MapReader map(root, file_keys, diagnostics_);
    if (const Node* users = map.find("basic_auth_users")) read_users(*users, config);
    if (const Node* tls = map.find("tls_server_config")) read_tls(*tls, config);
    if (const Node* http = map.find("http_server_config")) read_http(*http, config);
  }

 private:
  void read_users(const Node& node, WebConfig& config) {
    diagnostics_.hide(node.at, node.next);
    if (!scenario::expect_map(node, "`basic_auth_users`", diagnostics_)) return;
    for (const MapEntry& entry : node.entries) {
      const auto hash = scenario::read_scalar(*entry.value, "a user's password", diagnostics_);
      if (!hash) continue;
      if (is_bcrypt_hash(*hash)) {
        config.users.emplace(entry.key, *hash);
      } else {
        diagnostics_.error(entry.value->at,
                           fmt::format("the password of {} is not a bcrypt hash", scenario::backquoted(entry.key)),
                           "`htpasswd -nBC 10 \"\"` asks for the password and prints its hash behind a colon");
      }
    }
  }

  void read_tls(const Node& node, WebConfig& config) {
    using enum net::ClientAuthentication;
    net::TlsServerSettings tls;
    const MapReader map(node, tls_keys, diagnostics_);
    read_path(map, "cert_file", tls.certificate_file);
    read_path(map, "key_file", tls.key_file);
    read_path(map, "client_ca_file", tls.client_ca_file);
    const Names<net::ClientAuthentication> kinds{{"NoClientCert", no_client_cert},
                                                 {"RequestClientCert", request_client_cert},
                                                 {"RequireAnyClientCert", require_any_client_cert},
                                                 {"VerifyClientCertIfGiven", verify_client_cert_if_given},
                                                 {"RequireAndVerifyClientCert", require_and_verify_client_cert}};
    read_word(map.find("client_auth_type"), "client_auth_type", kinds, tls.client_authentication, diagnostics_);
    read_versions(map, tls);
    tls.client_allowed_names = read_words(map.find("client_allowed_sans"), "client_allowed_sans", diagnostics_);
    tls.cipher_suites = read_words(map.find("cipher_suites"), "cipher_suites", diagnostics_);
    if (const Node* prefer = map.find("prefer_server_cipher_suites")) {
      // Ours are preferred in any case.
      static_cast<void>(scenario::read_boolean(*prefer, "`prefer_server_cipher_suites`", diagnostics_));
    }
    read_curves(map, tls);
    check_client_authority(node, map, tls);
    config.tls = std::move(tls);
  }

  void check_client_authority(const Node& node, const MapReader& map, const net::TlsServerSettings& tls) {
    using enum net::ClientAuthentication;
    const bool verifies = tls.client_authentication == verify_client_cert_if_given ||
                          tls.client_authentication == require_and_verify_client_cert;
    if (verifies && tls.client_ca_file.empty()) {
      diagnostics_.error(map.find("client_auth_type")->at,
                         "clients cannot be verified without the authority that signs their certificates",
                         "add `client_ca_file`");
    }
    if (!verifies && !tls.client_ca_file.empty()) {
      diagnostics_.error(map.find("client_ca_file")->at,
                         "`client_ca_file` has no effect: nobody is asked for a certificate",
                         "add `client_auth_type: RequireAndVerifyClientCert`");
    }
    if (!tls.client_allowed_names.empty() && tls.client_authentication != require_and_verify_client_cert) {
      diagnostics_.error(node.at, "`client_allowed_sans` needs `client_auth_type: RequireAndVerifyClientCert`");
    }
  }

  void read_versions(const MapReader& map, net::TlsServerSettings& tls) {
    const Names<net::TlsVersion> versions{{"TLS12", net::TlsVersion::tls_1_2}, {"TLS13", net::TlsVersion::tls_1_3}};
    for (const char* key : {"min_version", "max_version"}) {
      const Node* node = map.find(key);
      if (node != nullptr && (node->text == "TLS10" || node->text == "TLS11")) {
        diagnostics_.error(node->at, fmt::format("`{}`: {} is not spoken any more", key, node->text),
                           "`TLS12` or `TLS13`");
      } else {
        read_word(node, key, versions, std::string_view(key) == "min_version" ? tls.lowest : tls.highest, diagnostics_);
      }
    }
    if (tls.lowest > tls.highest) {
      diagnostics_.error(map.find("max_version")->at, "`max_version` is lower than `min_version`");
    }
  }

  void read_curves(const MapReader& map, net::TlsServerSettings& tls) {
    const std::array<std::pair<std::string_view, std::string_view>, 4> curves{
        {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}};
    const Node* node = map.find("curve_preferences");
    for (const std::string& word : read_words(node, "curve_preferences", diagnostics_)) {
      const auto found =
          std::find_if(curves.begin(), curves.end(), [&](const auto& curve) { return curve.first == word; });
      if (found == curves.end()) {
        diagnostics_.error(node->at, fmt::format("there is no curve {}", scenario::backquoted(word)),
                           "`CurveP256`, `CurveP384`, `CurveP521`, `X25519`");
      } else {
        tls.curves.emplace_back(found->second);
      }
    }
  }

  void read_path(const MapReader& map, std::string_view key, std::string& into) {
    const Node* node = map.find(key);
    if (node == nullptr) return;
    const auto path = scenario::read_text(*node, fmt::format("`{}`", key), diagnostics_);
    if (path) into = path->starts_with('/') ? *path : directory_ + *path;
  }

  void read_http(const Node& node, WebConfig& config) {
    const MapReader map(node, http_keys, diagnostics_);
    if (const Node* http2 = map.find("http2")) {
      // Everybody who speaks HTTP/2 speaks HTTP/1.1 as well, and is answered in that.
      static_cast<void>(scenario::read_boolean(*http2, "`http2`", diagnostics_));
    }
    const Node* headers = map.find("headers");
    if (headers == nullptr) return;
    const MapReader names(*headers, header_keys, diagnostics_);
    for (const MapEntry& entry : headers->entries) {
      const auto value = scenario::read_scalar(*entry.value, fmt::format("`{}`", entry.key), diagnostics_);
      if (!value) continue;
      if (wire::has_control(*value)) {
        diagnostics_.error(entry.value->at, fmt::format("`{}` cannot hold control characters", entry.key));
      }
      config.fields.push_back({entry.key, *value});
    }
  }

  Diagnostics& diagnostics_;
  const std::string& directory_;
};

}  // namespace

tl::expected<WebConfig, std::vector<scenario::Diagnostic>> read_web_config(std::string_view yaml,
                                                                           const std::string& file_name,
                                                                           const std::string& directory) {
  Diagnostics diagnostics(file_name, yaml);
  WebConfig config;
  if (is_empty(yaml)) return config;  // plain HTTP for everybody
  if (const scenario::NodePtr root = scenario::parse_yaml(yaml, diagnostics)) {
    Reader(diagnostics, directory).read(*root, config);
  }
  if (diagnostics.has_errors()) return tl::unexpected(diagnostics.take(scenario::Severity::error));
  return config;
}

}  // namespace wsprobe::web
