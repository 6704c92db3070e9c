// The one door to Asio's coroutine types for the folders above net.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

namespace wsprobe::net {

using asio::awaitable;

}  // namespace wsprobe::net
