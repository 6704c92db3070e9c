// One exchange of the library by itself, without the engine above it: what the hostile corpus asks of `exchange`.
//
//   exchange_client get|upgrade|compressed|http2 URL --timeout SECONDS [--ca FILE]
//
// Prints what became of it and how long it took: "message/timeout_message 0.600", "rejected:403 0.002", "completed
// 0.004". Exit code 2 where the arguments are none.
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "exchange/http2_exchange.hpp"
#include "exchange/http_exchange.hpp"
#include "exchange/upgrade_exchange.hpp"
#include "net/connector.hpp"
#include "net/tasks.hpp"
#include "scenario/loader.hpp"

namespace {

using namespace wsprobe;

struct Arguments {
  std::string kind;
  scenario::Url url;
  std::string ca_file;
  Duration timeout{};
};

std::optional<Duration> seconds(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value > 0)) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

std::optional<Arguments> read_arguments(const std::vector<std::string>& given) {
  if (given.size() != 4 && given.size() != 6) return std::nullopt;
  const auto url = scenario::parse_url(given[1], {"ws", "wss"});
  const auto timeout = seconds(given[3]);
  if (!url || !timeout || given[2] != "--timeout") return std::nullopt;
  if (given.size() == 6 && given[4] != "--ca") return std::nullopt;
  return Arguments{given[0], *url, given.size() == 6 ? given[5] : std::string(), *timeout};
}

exchange::Target target_of(const scenario::Url& url) {
  exchange::Target target;
  target.authority = {url.secure() ? net::Security::tls : net::Security::plain, url.host, url.port};
  target.host_field = url.authority();
  target.path = url.path;
  target.query = Text(url.query);
  return target;
}

net::awaitable<void> get(net::Connector& connector, const Arguments& arguments, exchange::ExchangeResult& result) {
  exchange::HttpSpec spec;
  spec.target = target_of(arguments.url);
  const Deadline deadline = SteadyClock::now() + arguments.timeout;
  net::awaitable<void> asking = exchange::http_exchange_into(connector, std::move(spec), deadline, result);
  co_await std::move(asking);
}

net::awaitable<void> upgrade(net::Connector& connector, const Arguments& arguments, exchange::ExchangeResult& result) {
  exchange::UpgradeSpec spec;
  spec.target = target_of(arguments.url);
  spec.session.pings = 1;
  if (arguments.kind == "compressed") spec.extensions = {"permessage-deflate; client_max_window_bits"};
  const Deadline deadline = SteadyClock::now() + arguments.timeout;
  if (arguments.kind == "http2") {
    net::awaitable<void> asking = exchange::http2_upgrade_into(connector, std::move(spec), deadline, result);
    co_await std::move(asking);
  } else {
    net::awaitable<void> asking = exchange::upgrade_exchange_into(connector, std::move(spec), deadline, result);
    co_await std::move(asking);
  }
}

std::string told(const exchange::ExchangeResult& result) {
  if (const auto* failed = std::get_if<Failed>(&result.outcome)) {
    return fmt::format("{}/{}", name(failed->error.phase), name(failed->error.reason));
  }
  if (std::holds_alternative<Rejected>(result.outcome)) {
    return fmt::format("rejected:{}", result.evidence.response ? result.evidence.response->head.status : 0);
  }
  return "completed";
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = read_arguments({argv + 1, argv + argc});
  if (!arguments) {
    std::fputs("usage: exchange_client get|upgrade|compressed|http2 URL --timeout SECONDS [--ca FILE]\n", stderr);
    return 2;
  }
  net::ConnectSettings settings;
  settings.tls.ca_file = arguments->ca_file;
  net::EventLoop context;
  net::Connector connector(context, settings);
  exchange::ExchangeResult result;
  const TimePoint began = SteadyClock::now();
  net::spawn(context,
             arguments->kind == "get" ? get(connector, *arguments, result) : upgrade(connector, *arguments, result));
  context.run();
  std::printf("%s %.3f\n", told(result).c_str(), to_seconds(SteadyClock::now() - began));
  return 0;
}
