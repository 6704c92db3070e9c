// The outcome of one exchange: a closed sum. A refusal is an outcome with evidence, never an error.
#pragma once

#include <string_view>
#include <variant>

#include "core/error.hpp"

namespace wsprobe {

/// The exchange did what was asked: an HTTP response came whole; a WebSocket was accepted and the session ran.
struct Completed {};

/// The peer said no, in a way that can be read.
struct Rejected {
  enum class How : std::uint8_t {
    response,         ///< an HTTP response other than 101 to an upgrade
    close_after_101,  ///< accepted, then closed by the peer with a refusing code: see exchange/session.hpp
  };
  How how = How::response;
};

/// No answer that can be read, or a broken one.
struct Failed {
  Error error;
};

using Outcome = std::variant<Completed, Rejected, Failed>;

/// "completed", "rejected", "failed".
[[nodiscard]] std::string_view name(const Outcome& outcome);

}  // namespace wsprobe
