// One HTTP exchange: open, send a request, read its response, close.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/evidence.hpp"
#include "core/outcome.hpp"
#include "core/secret.hpp"
#include "net/connector.hpp"
#include "wire/request_writer.hpp"
#include "wire/response_decoder.hpp"

namespace wsprobe::exchange {

/// Where an exchange goes.
struct Target {
  net::Authority authority;
  std::string host_field;  ///< value of Host; from the URL unless overridden
  std::string path;        ///< percent-encoded, starts with '/'
  Text query;              ///< percent-encoded, without '?'; empty: none
};

struct HttpSpec {
  Target target;
  std::string method = "GET";
  std::vector<wire::RequestField> fields;  ///< besides Host; User-Agent and Accept are added unless given
  Text body;
  wire::DecoderLimits limits;
};

struct ExchangeResult {
  Evidence evidence;
  Outcome outcome;
};

/// Completed with a whole response of any status, or one drained to its limit (body_complete is false then); Failed
/// otherwise, with the phase and what was understood until then in the evidence. Never follows redirects. Throws
/// nothing. `opener` has to outlive the call.
net::awaitable<ExchangeResult> http_exchange(net::Opener& opener, HttpSpec spec, Deadline deadline);

/// The same into `result`, which has to outlive the call: while it runs, `result.evidence` says how far it has come.
net::awaitable<void> http_exchange_into(net::Opener& opener, HttpSpec spec, Deadline deadline, ExchangeResult& result);

/// The request as it may be shown, shared with the upgrade.
RequestFacts request_facts(const Target& target, std::string_view method, const std::vector<wire::RequestField>& fields,
                           bool upgrade);

/// The request's target in origin-form: the path, and the query where there is one.
[[nodiscard]] Text origin_form(const Target& target);

/// Puts `field` in front unless one of that name (any case) is there.
void add_default(std::vector<wire::RequestField>& fields, wire::RequestField field);

/// "wsprobe/0.1.0"
[[nodiscard]] std::string user_agent();

}  // namespace wsprobe::exchange
