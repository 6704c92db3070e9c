// The file of --web.config.file, in the format that all exporters of Prometheus share (exporter-toolkit): TLS, client
// certificates, users, fields of responses.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "core/evidence.hpp"
#include "net/tls_server.hpp"
#include "scenario/diagnostic.hpp"

namespace wsprobe::web {

struct WebConfig {
  std::optional<net::TlsServerSettings> tls;
  std::vector<HeaderField> fields;           ///< http_server_config.headers
  std::map<std::string, std::string> users;  ///< name to bcrypt hash; empty: everybody
};

/// Relative paths in the file begin at `directory` ("conf/", or empty). Hashes are never shown.
[[nodiscard]] tl::expected<WebConfig, std::vector<scenario::Diagnostic>> read_web_config(std::string_view yaml,
                                                                                         const std::string& file_name,
                                                                                         const std::string& directory);

}  // namespace wsprobe::web
