// What is asked of a configuration: what becomes of the request that opens this WebSocket?
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"

namespace wsprobe::lint {

struct Question {
  /// Lower case, without port. Empty: nobody said; then every site that forwards anything is asked.
  std::string host;
  std::optional<std::uint16_t> port;  ///< as the URL names or implies it; none where there is no URL
  bool tls = true;                    ///< wss
  std::string path = "/api/ws";       ///< without query
  /// The application's own path where the proxy is meant to change it; empty: `path`.
  std::string upstream_path;
  /// How often something passes through an open socket at least; uvicorn pings every 20 s unless told otherwise.
  Duration ping_interval = std::chrono::seconds(20);
};

/// The path under which the application knows its WebSocket.
[[nodiscard]] inline const std::string& wanted_path(const Question& question) {
  return question.upstream_path.empty() ? question.path : question.upstream_path;
}

}  // namespace wsprobe::lint
