// The names of outcomes, verdicts and report parts: what users, metrics and other programs read.
#include <array>

#include "core/outcome.hpp"
#include "core/report.hpp"
#include "core/verdict.hpp"

namespace wsprobe {
namespace {

constexpr std::array cause_list{
#define WSPROBE_ROW(name) CauseId::name,
    WSPROBE_CAUSES(WSPROBE_ROW)
#undef WSPROBE_ROW
};

}  // namespace

std::string_view name(const Outcome& outcome) {
  struct Namer {
    std::string_view operator()(const Completed&) const { return "completed"; }
    std::string_view operator()(const Rejected&) const { return "rejected"; }
    std::string_view operator()(const Failed&) const { return "failed"; }
  };
  return std::visit(Namer{}, outcome);
}

Cause Cause::transport(Reason reason) {
  Cause cause(CauseId::transport);
  cause.reason = reason;
  return cause;
}

std::span<const CauseId> all_causes() { return cause_list; }

std::string_view name(Emitter emitter) {
  switch (emitter) {
    case Emitter::proxy: return "proxy";
    case Emitter::backend: return "backend";
    case Emitter::cdn: return "cdn";
    case Emitter::none: return "none";
    case Emitter::undetermined: return "undetermined";
  }
  return "";
}

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::proxy: return "proxy";
    case Fault::backend: return "backend";
    case Fault::cdn: return "cdn";
    case Fault::frontend: return "frontend";
    case Fault::client: return "client";
    case Fault::network: return "network";
    case Fault::none: return "none";
    case Fault::undetermined: return "undetermined";
  }
  return "";
}

std::string_view name(CauseId id) {
  switch (id) {
#define WSPROBE_ROW(name) \
  case CauseId::name: return #name;
    WSPROBE_CAUSES(WSPROBE_ROW)
#undef WSPROBE_ROW
  }
  return "";
}

std::string_view name(const Cause& cause) { return cause.reason ? name(*cause.reason) : name(cause.id); }

std::string_view name(Framing framing) {
  switch (framing) {
    case Framing::none: return "none";
    case Framing::content_length: return "content_length";
    case Framing::chunked: return "chunked";
    case Framing::until_close: return "until_close";
  }
  return "";
}

std::string_view name(CloseFacts::By side) { return side == CloseFacts::By::us ? "us" : "peer"; }

std::string_view name(StepKind kind) {
  switch (kind) {
    case StepKind::health: return "health";
    case StepKind::http: return "http";
    case StepKind::upgrade: return "upgrade";
    case StepKind::frontend: return "frontend";
  }
  return "";
}

std::string_view name(BrowserAnswer answer) {
  switch (answer) {
    case BrowserAnswer::connects: return "connects";
    case BrowserAnswer::blocked: return "blocked";
    case BrowserAnswer::refused: return "refused";
    case BrowserAnswer::unreachable: return "unreachable";
    case BrowserAnswer::undetermined: return "undetermined";
  }
  return "";
}

std::string_view name(BrowserObstacle obstacle) {
  switch (obstacle) {
    case BrowserObstacle::none: return "none";
    case BrowserObstacle::bad_url: return "bad_url";
    case BrowserObstacle::bad_scheme: return "bad_scheme";
    case BrowserObstacle::fragment: return "fragment";
    case BrowserObstacle::bad_port: return "bad_port";
    case BrowserObstacle::mixed_content: return "mixed_content";
    case BrowserObstacle::csp: return "csp";
  }
  return "";
}

std::string_view name(CredentialUse credential) {
  switch (credential) {
    case CredentialUse::none: return "none";
    case CredentialUse::valid: return "valid";
    case CredentialUse::invalid: return "invalid";
  }
  return "";
}

std::string_view name(Expected expected) {
  switch (expected) {
    case Expected::response: return "response";
    case Expected::accepted: return "accepted";
    case Expected::rejected: return "rejected";
    case Expected::rejected_by_backend: return "rejected_by_backend";
    case Expected::rejected_by_proxy: return "rejected_by_proxy";
    case Expected::anything: return "anything";
  }
  return "";
}

std::string_view name(LogOwner owner) {
  switch (owner) {
    case LogOwner::unknown: return "unknown";
    case LogOwner::proxy: return "proxy";
    case LogOwner::backend: return "backend";
  }
  return "";
}

std::string_view name(ExperimentKind kind) {
  switch (kind) {
#define WSPROBE_ROW(name, what) \
  case ExperimentKind::name: return #name;
    WSPROBE_EXPERIMENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
  }
  return "";
}

std::string_view description(ExperimentKind kind) {
  switch (kind) {
#define WSPROBE_ROW(name, what) \
  case ExperimentKind::name: return what;
    WSPROBE_EXPERIMENTS(WSPROBE_ROW)
#undef WSPROBE_ROW
  }
  return "";
}

}  // namespace wsprobe
