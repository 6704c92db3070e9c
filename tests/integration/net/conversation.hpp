// A conversation on an opened stream.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "opening.hpp"

namespace wsprobe::test {

using Talk = std::function<net::awaitable<void>(net::Stream& stream, net::Connector& connector)>;

/// Opens a stream to the server and talks; the test fails if it does not open.
inline void converse(const ScriptedServer& server, net::Security security, const Talk& talk) {
  asio::io_context context;
  net::ConnectSettings settings = settings_for(server.port());
  settings.tls.ca_file = Pki::instance().root_file;
  net::Connector connector(context, settings);
  Evidence evidence;
  const auto conversation = [&]() -> net::awaitable<bool> {
    // Named: GCC 12 copies a braced temporary in a co_await expression bytewise.
    const net::Authority authority{security, host_name, server.port()};
    auto stream = co_await connector.open(authority, SteadyClock::now() + ample, evidence);
    if (!stream) co_return false;
    co_await talk(**stream, connector);
    co_return true;
  };
  if (!run_task(context, conversation())) throw std::runtime_error("the stream does not open");
}

inline net::awaitable<Result<std::string>> read(net::Stream& stream, Phase phase, Duration limit = ample) {
  std::array<std::byte, 4096> buffer{};
  const auto size = co_await stream.read_some(buffer, phase, SteadyClock::now() + limit);
  if (!size) co_return tl::unexpected(size.error());
  co_return std::string(reinterpret_cast<const char*>(buffer.data()), *size);
}

inline net::awaitable<Result<void>> write(net::Stream& stream, std::string_view text, Phase phase,
                                          Duration limit = ample) {
  co_return co_await stream.write(std::as_bytes(std::span(text)), phase, SteadyClock::now() + limit);
}

/// The reason's name, or "ok".
template <typename T>
std::string reason_of(const Result<T>& result) {
  return result ? "ok" : std::string(name(result.error().reason));
}

}  // namespace wsprobe::test
