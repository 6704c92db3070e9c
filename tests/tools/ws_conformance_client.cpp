// An echo client on the product's own session code, for servers that speak the fuzzing protocol of the WebSocket
// conformance suites: asks how many cases there are, runs each, has the reports written.
//
//   ws_conformance_client URL [--agent NAME] [--ca FILE] [--cases FIRST[-LAST]]
//
// Exit code 1 where the server cannot be asked; how each case went is for the server to say.
#include <charconv>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "exchange/upgrade_exchange.hpp"
#include "net/connector.hpp"
#include "net/tasks.hpp"
#include "scenario/loader.hpp"

namespace {

using namespace wsprobe;

struct Arguments {
  std::string url;
  std::string agent = "wsprobe";
  std::string ca_file;
  int first = 1;
  std::optional<int> last;
};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

bool read_cases(std::string_view text, Arguments& arguments) {
  const std::size_t dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last) return false;
  arguments.first = *first;
  arguments.last = last;
  return true;
}

std::optional<Arguments> read_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int at = 1; at < argc; ++at) {
    const std::string_view argument = argv[at];
    const bool has_value = at + 1 < argc;
    if (argument == "--agent" && has_value) {
      arguments.agent = argv[++at];
    } else if (argument == "--ca" && has_value) {
      arguments.ca_file = argv[++at];
    } else if (argument == "--cases" && has_value) {
      if (!read_cases(argv[++at], arguments)) return std::nullopt;
    } else if (arguments.url.empty() && !argument.starts_with("--")) {
      arguments.url = argument;
    } else {
      return std::nullopt;
    }
  }
  if (arguments.url.empty()) return std::nullopt;
  return arguments;
}

/// A session at `path` of the server: until it closes, or for five minutes.
exchange::UpgradeSpec session_at(const scenario::Url& server, const std::string& path, const std::string& query) {
  constexpr std::size_t largest = 64 * 1024 * 1024;
  exchange::UpgradeSpec spec;
  spec.target.authority = {server.secure() ? net::Security::tls : net::Security::plain, server.host, server.port};
  spec.target.host_field = server.authority();
  spec.target.path = path;
  spec.target.query = Text(query);
  spec.session.hold = std::chrono::minutes(5);
  spec.session_limits = {.message_bytes = largest, .input_bytes = 64 * largest, .frames = 10'000'000};
  return spec;
}

net::awaitable<exchange::ExchangeResult> run(net::Connector& connector, exchange::UpgradeSpec spec) {
  const Deadline deadline = SteadyClock::now() + std::chrono::minutes(6);
  net::awaitable<exchange::ExchangeResult> exchange = exchange::upgrade_exchange(connector, std::move(spec), deadline);
  co_return co_await std::move(exchange);
}

std::string echo(wire::FrameCodec& codec, const wire::Incoming& item) {
  return item.type == wire::FrameType::text ? codec.text(item.payload) : codec.binary(item.payload);
}

net::awaitable<void> run_cases(net::Connector& connector, const Arguments& arguments, const scenario::Url& server,
                               int& exit_code) {
  std::string count;
  exchange::UpgradeSpec asking = session_at(server, "/getCaseCount", "");
  asking.session.answer = [&count](wire::FrameCodec&, const wire::Incoming& item) {
    count = item.payload;
    return std::string();
  };
  const exchange::ExchangeResult asked = co_await run(connector, std::move(asking));
  const std::optional<int> cases = number(count);
  if (!cases) {
    const auto* failed = std::get_if<Failed>(&asked.outcome);
    std::fprintf(stderr, "no count of cases: %s\n", failed != nullptr ? describe(failed->error).c_str() : "refused");
    co_return;
  }
  const std::string agent = "agent=" + arguments.agent;
  const int last = std::min(arguments.last.value_or(*cases), *cases);
  for (int number = arguments.first; number <= last; ++number) {
    exchange::UpgradeSpec spec = session_at(server, "/runCase", "case=" + std::to_string(number) + "&" + agent);
    spec.extensions = {"permessage-deflate; client_max_window_bits"};
    spec.session.answer = echo;
    const exchange::ExchangeResult result = co_await run(connector, std::move(spec));
    const auto* failed = std::get_if<Failed>(&result.outcome);
    std::printf("%d %s\n", number, failed != nullptr ? describe(failed->error).c_str() : "completed");
  }
  exchange::UpgradeSpec reporting = session_at(server, "/updateReports", agent);
  const exchange::ExchangeResult reported = co_await run(connector, std::move(reporting));
  exit_code = reported.evidence.session ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Arguments> arguments = read_arguments(argc, argv);
  if (!arguments) {
    std::fputs("usage: ws_conformance_client URL [--agent NAME] [--ca FILE] [--cases FIRST[-LAST]]\n", stderr);
    return 2;
  }
  const auto server = scenario::parse_url(arguments->url, {"ws", "wss"});
  if (!server) {
    std::fprintf(stderr, "%s: %s\n", arguments->url.c_str(), server.error().c_str());
    return 2;
  }
  net::ConnectSettings settings;
  settings.tls.ca_file = arguments->ca_file;
  net::EventLoop context;
  net::Connector connector(context, settings);
  int exit_code = 1;
  net::spawn(context, run_cases(connector, *arguments, *server, exit_code));
  context.run();
  return exit_code;
}
