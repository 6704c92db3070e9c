#include "core/error.hpp"

#include <array>

#include <fmt/format.h>

namespace wsprobe {
namespace {

struct ReasonRow {
  std::string_view name;
  FailureKind kind;
  Origin origin;
  std::string_view sentence;
};

constexpr std::array reason_rows{
#define WSPROBE_ROW(name, kind, origin, sentence) ReasonRow{#name, FailureKind::kind, Origin::origin, sentence},
    WSPROBE_REASONS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

constexpr std::array reason_list{
#define WSPROBE_ROW(name, kind, origin, sentence) Reason::name,
    WSPROBE_REASONS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

const ReasonRow& row_of(Reason reason) { return reason_rows[static_cast<std::size_t>(reason)]; }

}  // namespace

std::span<const Reason> all_reasons() { return reason_list; }
FailureKind kind_of(Reason reason) { return row_of(reason).kind; }
Origin usual_origin_of(Reason reason) { return row_of(reason).origin; }
std::string_view name(Reason reason) { return row_of(reason).name; }
std::string_view sentence(Reason reason) { return row_of(reason).sentence; }

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::resolve: return "resolve";
    case Phase::connect: return "connect";
    case Phase::tls: return "tls";
    case Phase::request: return "request";
    case Phase::first_byte: return "first_byte";
    case Phase::response: return "response";
    case Phase::upgrade: return "upgrade";
    case Phase::message: return "message";
    case Phase::close: return "close";
  }
  return "";
}

std::string_view name(Origin origin) {
  switch (origin) {
    case Origin::local: return "local";
    case Origin::network: return "network";
    case Origin::peer: return "peer";
  }
  return "";
}

std::string_view name(FailureKind kind) {
  switch (kind) {
    case FailureKind::dns: return "dns";
    case FailureKind::tcp: return "tcp";
    case FailureKind::tls: return "tls";
    case FailureKind::timeout: return "timeout";
    case FailureKind::closed: return "closed";
    case FailureKind::protocol_error: return "protocol_error";
    case FailureKind::limit: return "limit";
    case FailureKind::local: return "local";
  }
  return "";
}

Reason timeout_in(Phase phase) {
  switch (phase) {
    case Phase::resolve: return Reason::timeout_resolve;
    case Phase::connect: return Reason::timeout_connect;
    case Phase::tls: return Reason::timeout_tls;
    case Phase::request: return Reason::timeout_request;
    case Phase::first_byte: return Reason::timeout_first_byte;
    case Phase::response:
    case Phase::upgrade: return Reason::timeout_response;
    case Phase::message: return Reason::timeout_message;
    case Phase::close: return Reason::timeout_close;
  }
  return Reason::timeout_response;
}

Error make_error(Phase phase, Reason reason, std::string detail) {
  return Error{phase, usual_origin_of(reason), reason, std::move(detail)};
}

std::string describe(const Error& error) {
  if (error.detail.empty()) return fmt::format("{}: {}", name(error.phase), sentence(error.reason));
  return fmt::format("{}: {} ({})", name(error.phase), sentence(error.reason), error.detail);
}

}  // namespace wsprobe
