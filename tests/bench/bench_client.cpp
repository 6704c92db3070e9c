// One measurement of the client, in a process of its own.
//
//   bench_client raw|probe PORT COUNT [CA_FILE]    CPU seconds (user and system), then the seconds it took, for COUNT
//                                                  upgrades and closes
//   bench_client health PORT COUNT [CA_FILE]       the same for COUNT health documents, each on a connection of its own
//   bench_client hold PORT COUNT [CA_FILE]         resident bytes a connection, COUNT of them held open
//
// With a CA file over TLS.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "exchange/upgrade_exchange.hpp"
#include "net/connector.hpp"
#include "net/tasks.hpp"
#include "raw_loop.hpp"

namespace {

using namespace wsprobe;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

exchange::Target target_of(int port, const std::string& ca_file, std::string path) {
  exchange::Target target;
  target.authority = {ca_file.empty() ? net::Security::plain : net::Security::tls, "127.0.0.1",
                      static_cast<std::uint16_t>(port)};
  target.host_field = "127.0.0.1:" + std::to_string(port);
  target.path = std::move(path);
  return target;
}

exchange::UpgradeSpec upgrade_of(int port, const std::string& ca_file) {
  exchange::UpgradeSpec spec;
  spec.target = target_of(port, ca_file, "/api/ws");
  spec.target.query = Text("token=bench");
  return spec;
}

/// What exchange::upgrade_exchange writes, with a fixed key.
std::string raw_request(int port) {
  return "GET /api/ws?token=bench HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: wsprobe/0.1.0\r\n\r\n";
}

net::ConnectSettings settings_of(const std::string& ca_file) {
  net::ConnectSettings settings;
  settings.tls.ca_file = ca_file;
  return settings;
}

net::awaitable<void> probe_upgrades(net::Connector& connector, int port, int count, std::string ca_file) {
  const exchange::UpgradeSpec spec = upgrade_of(port, ca_file);
  for (int at = 0; at < count; ++at) {
    const Deadline deadline = SteadyClock::now() + std::chrono::seconds(10);
    exchange::ExchangeResult result;
    net::awaitable<void> exchange = exchange::upgrade_exchange_into(connector, spec, deadline, result);
    co_await std::move(exchange);
    if (std::holds_alternative<Completed>(result.outcome)) continue;
    const auto* failed = std::get_if<Failed>(&result.outcome);
    std::fprintf(stderr, "%s\n", failed != nullptr ? describe(failed->error).c_str() : "rejected");
    std::exit(1);
  }
}

net::awaitable<void> fetch_health(net::Connector& connector, int port, int count, std::string ca_file) {
  exchange::HttpSpec spec;
  spec.target = target_of(port, ca_file, "/api/system/health");
  for (int at = 0; at < count; ++at) {
    const Deadline deadline = SteadyClock::now() + std::chrono::seconds(10);
    const exchange::ExchangeResult result = co_await exchange::http_exchange(connector, spec, deadline);
    if (std::holds_alternative<Completed>(result.outcome)) continue;
    std::fprintf(stderr, "no health document\n");
    std::exit(1);
  }
}

net::awaitable<void> hold_one(net::awaitable<void> exchange, std::unique_ptr<exchange::ExchangeResult> result) {
  co_await std::move(exchange);
  const auto* failed = std::get_if<Failed>(&result->outcome);
  if (failed != nullptr && failed->error.reason == Reason::cancelled) co_return;
  std::fprintf(stderr, "a held connection ended early\n");
  std::exit(1);
}

/// Opens them one after the other, each once the one before is held.
void hold(int port, int count, const std::string& ca_file) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  asio::io_context context(1);
  net::Connector connector(context, settings_of(ca_file));
  net::spawn(context, probe_upgrades(connector, port, 1, ca_file));  // what is made once is not counted
  context.run();
  context.restart();
  ::malloc_trim(0);
  const long before = resident_bytes();
  const Deadline deadline = SteadyClock::now() + std::chrono::minutes(10);
  int held = 0;
  std::function<void()> open_next = [&] {
    exchange::UpgradeSpec spec = upgrade_of(port, ca_file);
    spec.session.hold = std::chrono::minutes(5);
    spec.while_held = [&]() -> net::awaitable<void> {
      if (++held < count) {
        open_next();
      } else {
        std::printf("%ld\n", (resident_bytes() - before) / count);
        connector.cancel();
      }
      co_return;
    };
    auto result = std::make_unique<exchange::ExchangeResult>();
    net::awaitable<void> exchange = exchange::upgrade_exchange_into(connector, std::move(spec), deadline, *result);
    net::spawn(context, hold_one(std::move(exchange), std::move(result)));
  };
  open_next();
  context.run();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (argc < 4) return 2;
  const int port = std::atoi(argv[2]);
  const int count = std::atoi(argv[3]);
  const std::string ca_file = argc > 4 ? argv[4] : "";
  if (mode == "hold") {
    hold(port, count, ca_file);
    return 0;
  }
  const double before = cpu_seconds();
  const TimePoint begin = SteadyClock::now();
  if (mode == "raw" && ca_file.empty()) bench::raw_upgrades(port, count, raw_request(port));
  if (mode == "raw" && !ca_file.empty()) bench::raw_tls_upgrades(port, count, raw_request(port), ca_file);
  if (mode == "probe" || mode == "health") {
    asio::io_context context(1);
    net::Connector connector(context, settings_of(ca_file));
    net::spawn(context, mode == "probe" ? probe_upgrades(connector, port, count, ca_file)
                                        : fetch_health(connector, port, count, ca_file));
    context.run();
  }
  std::printf("%.6f %.6f\n", cpu_seconds() - before, to_seconds(SteadyClock::now() - begin));
}
