#include "app/lint_fetch.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/text.hpp"
#include "exchange/http_exchange.hpp"
#include "lint/source.hpp"
#include "net/tasks.hpp"

namespace wsprobe::app {
namespace {

constexpr auto time_limit = std::chrono::seconds(10);

exchange::HttpSpec spec_of(const scenario::Url& url) {
  exchange::HttpSpec spec;
  spec.target.authority = {url.secure() ? net::Security::tls : net::Security::plain, url.host, url.port};
  spec.target.host_field = url.authority();
  spec.target.path = url.path == "/" ? "/config/" : url.path;
  spec.target.query = Text(url.query);
  spec.fields.push_back({"Accept", Text("application/json")});
  spec.limits.body_kept = lint::maximum_source_bytes + 1;
  spec.limits.body_drained = lint::maximum_source_bytes + 1;
  return spec;
}

net::awaitable<void> fetch(net::Connector& connector, exchange::HttpSpec spec,
                           std::optional<exchange::ExchangeResult>& result) {
  const Deadline deadline = SteadyClock::now() + time_limit;
  result = co_await exchange::http_exchange(connector, std::move(spec), deadline);
}

}  // namespace

tl::expected<std::string, std::string> fetch_configuration(const scenario::Url& url) {
  net::EventLoop context;
  net::Connector connector(context, {});
  std::optional<exchange::ExchangeResult> result;
  net::spawn(context, fetch(connector, spec_of(url), result));
  context.run();
  if (const auto* failed = std::get_if<Failed>(&result->outcome)) return tl::unexpected(describe(failed->error));
  Response& response = *result->evidence.response;
  if (response.head.status != 200) {
    return tl::unexpected(fmt::format("it answered {}", escape_for_display(response.head.status_line())));
  }
  if (!response.body_complete || response.body.size() > lint::maximum_source_bytes) {
    return tl::unexpected(fmt::format("it is longer than {} MiB", lint::maximum_source_bytes >> 20U));
  }
  return std::move(response.body);
}

}  // namespace wsprobe::app
