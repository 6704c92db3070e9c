#include "app/push.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "app/output.hpp"
#include "core/base64.hpp"
#include "core/redactor.hpp"
#include "core/text.hpp"
#include "exchange/http_exchange.hpp"
#include "net/tasks.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {
namespace {

constexpr auto time_limit = std::chrono::seconds(10);
constexpr std::size_t longest_answer_shown = 300;

using exporters::PushRequest;

/// The Authorization field's value, and what else of the credential an answer must not show.
struct Authorization {
  Text value;
  Redactor redactor;
};

tl::expected<std::string, std::string> read_line(std::string_view option, const std::string& file) {
  const scenario::Environment environment = scenario::Environment::of_process();
  warn_of_public_secret(option, file, environment);
  auto text = environment.read_file(file);
  if (!text) return tl::unexpected(fmt::format("cannot read {}: {}", file, text.error()));
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  return std::move(*text);
}

tl::expected<Authorization, std::string> read_authorization(const PushOptions& options) {
  Authorization authorization;
  const bool basic = !options.basic_auth_file.empty();
  const std::string& file = basic ? options.basic_auth_file : options.bearer_file;
  if (file.empty()) return authorization;
  auto line = read_line(basic ? "--push-user-file" : "--push-token-file", file);
  if (!line) return tl::unexpected(line.error());
  if (basic && line->find(':') == std::string::npos)
    return tl::unexpected(fmt::format("{} does not hold USER:PASSWORD", file));
  std::string value = basic ? encode_base64(*line) : *line;
  authorization.value.append(basic ? "Basic " : "Bearer ");
  const auto secret = std::make_shared<const Secret>("push", std::move(value));
  authorization.value.append(secret);
  authorization.redactor.add(secret);
  authorization.redactor.add(std::make_shared<const Secret>("push", std::move(*line)));
  return authorization;
}

exchange::HttpSpec spec_of(const PushRequest& request, const PushOptions& options, const Text& authorization) {
  exchange::HttpSpec spec;
  const net::Security security = options.url.secure() ? net::Security::tls : net::Security::plain;
  spec.target.authority = {security, options.url.host, options.url.port};
  spec.target.host_field = options.url.authority();
  spec.target.path = request.path;
  spec.method = request.method;
  if (!request.content_type.empty()) spec.fields.push_back({"Content-Type", request.content_type});
  if (!authorization.empty()) spec.fields.push_back({"Authorization", authorization});
  if (!request.body.empty()) spec.body = Text(request.body);
  return spec;
}

/// What went wrong, in words; empty where nothing did. Any 2xx will do: the Pushgateway says 200 or 202.
std::string problem_of(const exchange::ExchangeResult& result, const Redactor& redactor) {
  if (const auto* failed = std::get_if<Failed>(&result.outcome)) return redactor(describe(failed->error));
  const Response& response = *result.evidence.response;
  if (response.head.status / 100 == 2) return {};
  const std::string answer = redactor(response.head.status_line() + ": " + response.body);
  return fmt::format("it answered {}", escape_for_display(shorten(answer, longest_answer_shown)));
}

net::awaitable<void> send_all(net::Connector& connector, const std::vector<PushRequest>& requests,
                              const PushOptions& options, const Authorization& authorization, std::string& problem) {
  for (const PushRequest& request : requests) {
    exchange::HttpSpec spec = spec_of(request, options, authorization.value);
    const Deadline deadline = SteadyClock::now() + time_limit;
    const exchange::ExchangeResult result = co_await exchange::http_exchange(connector, std::move(spec), deadline);
    const std::string found = problem_of(result, authorization.redactor);
    if (!found.empty() && problem.empty()) problem = fmt::format("{} {}: {}", request.method, request.path, found);
    if (std::holds_alternative<Failed>(result.outcome)) co_return;
  }
}

}  // namespace

tl::expected<void, std::string> push(std::span<const Report> reports, const PushOptions& options) {
  const auto authorization = read_authorization(options);
  if (!authorization) return tl::unexpected(authorization.error());
  const std::vector<PushRequest> requests = exporters::push_requests(reports, options.url.path, options.action);
  net::EventLoop context;
  net::ConnectSettings settings;
  settings.tls.ca_file = options.ca_file;
  net::Connector connector(context, settings);
  std::string problem;
  net::spawn(context, send_all(connector, requests, options, *authorization, problem));
  context.run();
  if (problem.empty()) return {};
  return tl::unexpected(fmt::format("cannot push to {}: {}", options.url.display(), problem));
}

}  // namespace wsprobe::app
