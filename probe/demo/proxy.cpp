#include "demo/proxy.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "net/tasks.hpp"
#include "wire/response_decoder.hpp"

namespace wsprobe::demo {
namespace {

constexpr auto upstream_patience = std::chrono::seconds(10);
constexpr auto tunnel_limit = std::chrono::minutes(1);

/// A proxy's own answer: what the handler has set first, what Go's server adds by itself last.
std::string own_answer(std::string_view status_line) {
  return write_response(status_line, {{"Server", "Caddy"}, {"Date", http_date()}, {"Content-Length", "0"}}, "");
}

/// "content-type" to "Content-Type", as Go's textproto does.
std::string canonical(std::string_view name) {
  std::string out;
  bool start = true;
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    if (start && lower) {
      out += static_cast<char>(c - 'a' + 'A');
    } else if (!start && upper) {
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
    start = c == '-';
  }
  return out;
}

/// A forwarded head: the upstream's fields sorted by name, the proxy's Server beside the upstream's.
std::string forwarded_head(const ResponseHead& head) {
  std::vector<HeaderField> fields{{"Server", "Caddy"}};
  for (const HeaderField& field : head.fields) fields.push_back({canonical(field.name), field.value});
  std::stable_sort(fields.begin(), fields.end(),
                   [](const HeaderField& left, const HeaderField& right) { return left.name < right.name; });
  return write_response(head.status_line(), fields, "");
}

std::string upstream_request(const ServerRequest& request) {
  std::string out = fmt::format("{} {}{}{} HTTP/1.1\r\n", request.method, request.path,
                                request.query.empty() ? "" : "?", request.query);
  for (const HeaderField& field : request.fields) out += fmt::format("{}: {}\r\n", field.name, field.value);
  return out + "X-Forwarded-Proto: http\r\n\r\n";
}

net::awaitable<void> pump(net::Stream& from, net::Stream& to) {
  const Deadline deadline = SteadyClock::now() + tunnel_limit;
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    const auto received = co_await from.read_some(buffer, Phase::message, deadline);
    if (!received || *received == 0) break;
    const auto sent = co_await to.write(std::span(buffer).first(*received), Phase::message, deadline);
    if (!sent) break;
  }
  from.close();
  to.close();
}

net::awaitable<void> tunnel(net::Stream& client, net::Stream& upstream) {
  std::vector<net::awaitable<void>> directions;
  directions.push_back(pump(client, upstream));
  directions.push_back(pump(upstream, client));
  co_await net::run_all(std::move(directions));
}

}  // namespace

Proxy::Proxy(asio::io_context& context, Incident incident, std::uint16_t upstream_port)
    : connector_(context, {}), incident_(incident), upstream_port_(upstream_port) {}

net::awaitable<void> Proxy::serve(net::StreamPtr client) {
  auto request = co_await read_request(*client);
  if (!request) co_return;
  if (request->count("Host") != 1) {
    // Go's server refuses this itself, before any handler.
    co_await send_all(*client,
                      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Connection: close\r\n\r\n400 Bad Request: too many Host headers");
  } else if (incident_ == Incident::proxy_403 && request->path == "/api/ws") {
    co_await send_all(*client, own_answer("HTTP/1.1 403 Forbidden"));
  } else {
    if (incident_ == Incident::try_files) request->path = "/index.html";
    if (incident_ == Incident::upgrade_stripped) {
      std::erase_if(request->fields, [](const HeaderField& field) {
        return equals_ignoring_case(field.name, "Upgrade") || equals_ignoring_case(field.name, "Connection");
      });
    }
    co_await forward(*client, std::move(*request));
  }
  client->close();
}

net::awaitable<void> Proxy::forward(net::Stream& client, ServerRequest request) {
  const Deadline deadline = SteadyClock::now() + upstream_patience;
  Evidence unused;
  net::Authority authority{net::Security::plain, "127.0.0.1", upstream_port_};
  auto upstream = co_await connector_.open(std::move(authority), deadline, unused);
  if (!upstream || !co_await send_all(**upstream, upstream_request(request))) {
    co_await send_all(client, own_answer("HTTP/1.1 502 Bad Gateway"));
    co_return;
  }
  const bool upgrade = request.wants_websocket();
  wire::ResponseDecoder decoder(upgrade ? wire::RequestShape::upgrade : wire::RequestShape::plain);
  std::array<std::byte, 4096> buffer{};
  std::string left_over;
  while (!decoder.done()) {
    const auto received = co_await (*upstream)->read_some(buffer, Phase::response, deadline);
    if (!received || *received == 0) break;
    const auto bytes = std::span<const std::byte>(buffer).first(*received);
    const auto taken = decoder.feed(bytes);
    if (!taken) break;
    const auto rest = bytes.subspan(*taken);
    left_over.append(reinterpret_cast<const char*>(rest.data()), rest.size());
  }
  if (!decoder.head_done()) {
    co_await send_all(client, own_answer("HTTP/1.1 502 Bad Gateway"));
    co_return;
  }
  const Response& response = decoder.response();
  std::string answer = forwarded_head(response.head) + response.body + left_over;
  const bool sent = co_await send_all(client, std::move(answer));
  if (sent && response.head.status == 101) co_await tunnel(client, **upstream);
}

}  // namespace wsprobe::demo
