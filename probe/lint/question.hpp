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
  /// How often something passes through an open socket at least; uvicorn pings every 20 s unless told otherwise.
  Duration ping_interval = std::chrono::seconds(20);
};

}  // namespace wsprobe::lint
