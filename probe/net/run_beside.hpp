// A short task beside a long one.
#pragma once

#include <cstddef>  // before Asio: see asio_impl.cpp

#include "net/asio.hpp"

namespace wsprobe::net {

/// Runs `companion` beside `task` and returns when both have ended. Unlike run_all(), it adds next to nothing to what
/// `task` itself keeps, once the companion has ended. Neither may throw.
awaitable<void> run_beside(awaitable<void> task, awaitable<void> companion);

}  // namespace wsprobe::net
