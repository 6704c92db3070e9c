#include "lint/caddy_forward.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lint/walk.hpp"

namespace wsprobe::lint::caddy {
namespace {

using Findings = std::vector<Finding>;

Correction corrected(Rule rule, const Forwarding& forwarding, const Handler& at_fault) {
  CorrectionContext context = forwarding.context;
  context.text = at_fault.text;
  return correction(rule, context);
}

Finding found(Rule rule, Severity severity, const Place& at, const Forwarding& forwarding) {
  Finding finding;
  finding.rule = rule;
  finding.severity = severity;
  finding.at = at;
  finding.correction = corrected(rule, forwarding, forwarding.handler);
  return finding;
}

/// The change that the path owes its form to: the last one that gives it another one, else the last that cuts it.
const PathChange& decisive(std::span<const PathChange> changes) {
  const auto last =
      std::find_if(changes.rbegin(), changes.rend(), [](const PathChange& change) { return !change.strips; });
  return last == changes.rend() ? changes.back() : *last;
}

void judge_path(const Forwarding& forwarding, Findings& out) {
  if (forwarding.changes.empty() || forwarding.path == wanted_path(forwarding.question)) return;
  if (forwarding.handler.protocol == "fastcgi") return;  // which is worse, and said
  const PathChange& last = decisive(forwarding.changes);
  const Handler& handler = forwarding.handler;
  const Rule rule = last.strips ? Rule::prefix_stripped : Rule::rewrite_before_proxy;
  Finding finding = found(rule, Severity::error, last.by->at, forwarding);
  finding.correction = corrected(rule, forwarding, *last.by);
  const bool falls_back = !forwarding.file.empty() && last.to == forwarding.file;
  finding.says = falls_back ? fmt::format("`{}` runs before `{}` and, with {} in the root, turns {} into {}",
                                          last.by->text, handler.text, last.to, last.from, last.to)
                            : fmt::format("`{}` turns {} into {} before `{}` gets it", last.by->text, last.from,
                                          last.to, handler.text);
  finding.breaks = fmt::format(
      "the application is asked for the WebSocket {} and refuses it (403 or 404), whatever the token", forwarding.path);
  if (last.by != &handler) finding.related.push_back({handler.at, "the request is forwarded here"});
  out.push_back(std::move(finding));
}

void judge_upgrade(const Forwarding& forwarding, Findings& out) {
  const Handler& handler = forwarding.handler;
  if (forwarding.upgrade_lost != nullptr) {
    const HeaderChange& change = *forwarding.upgrade_lost;
    Finding finding = found(Rule::upgrade_not_forwarded, Severity::error, change.at, forwarding);
    finding.says =
        change.kind == HeaderChange::Kind::remove
            ? fmt::format("{} is removed from the request before it is forwarded", change.name)
            : fmt::format("{} is replaced by `{}` before the request is forwarded", change.name, change.value);
    finding.breaks = breaks_without_upgrade(finding.rule);
    out.push_back(std::move(finding));
  }
  if (handler.protocol == "fastcgi") {
    Finding finding = found(Rule::upgrade_not_forwarded, Severity::error, handler.at, forwarding);
    finding.says = fmt::format("`{}` forwards over FastCGI, which has no Upgrade", handler.text);
    finding.breaks = "the WebSocket cannot be opened: the script sees a plain GET";
    out.push_back(std::move(finding));
  }
}

void judge_transport(const Forwarding& forwarding, Findings& out) {
  const Handler& handler = forwarding.handler;
  if (std::find(handler.versions.begin(), handler.versions.end(), "h2c") == handler.versions.end()) return;
  const Place& at = handler.versions_at.line > 0 ? handler.versions_at : handler.at;
  Finding finding = found(Rule::h2_upstream, Severity::error, at, forwarding);
  finding.says =
      fmt::format("`{}` asks the application in HTTP/2 without TLS (h2c), which has no Upgrade", handler.text);
  finding.breaks = "502: the proxy cannot pass the upgrade on";
  out.push_back(std::move(finding));
}

void judge_upstreams(const Forwarding& forwarding, Findings& out) {
  const Handler& handler = forwarding.handler;
  for (const std::string& upstream : handler.upstreams) {
    if (upstream.find('{') != std::string::npos || upstream.starts_with("unix/")) continue;
    const std::string host = upstream.substr(0, upstream.rfind(':'));
    const bool reserved = host.ends_with(".invalid");
    const bool dotless = host.find_first_of(".:[") == std::string::npos && host != "localhost" && !host.empty();
    if (!reserved && (!dotless || may_resolve(host, forwarding.containers))) continue;
    Finding finding =
        found(Rule::upstream_unresolvable, reserved ? Severity::error : Severity::warning, handler.at, forwarding);
    finding.says = reserved ? fmt::format("`{}` forwards to {}, a name that does not exist", handler.text, host)
                            : fmt::format("`{}` forwards to {}, which is no service or container of these files",
                                          handler.text, host);
    finding.breaks = "502: the proxy cannot find the application";
    out.push_back(std::move(finding));
  }
}

void judge_timeouts(const Forwarding& forwarding, Findings& out) {
  const Handler& handler = forwarding.handler;
  const auto set = [](const std::optional<Duration>& timeout) { return timeout && timeout->count() > 0; };
  if (set(handler.read_timeout) && *handler.read_timeout <= forwarding.question.ping_interval) {
    Finding finding = found(Rule::idle_timeout, Severity::warning, handler.read_timeout_at, forwarding);
    finding.says =
        fmt::format("a connection on which nothing comes from the application for {} is closed; pings come every {}",
                    seconds_text(*handler.read_timeout), seconds_text(forwarding.question.ping_interval));
    finding.breaks = "open WebSockets are cut while they are idle (close code 1006)";
    out.push_back(std::move(finding));
  }
  if (set(handler.stream_timeout) && *handler.stream_timeout <= std::chrono::minutes(10)) {
    Finding finding = found(Rule::idle_timeout, Severity::warning, handler.stream_timeout_at, forwarding);
    finding.says =
        fmt::format("every WebSocket is closed after {}, idle or not", seconds_text(*handler.stream_timeout));
    finding.breaks = "open WebSockets are cut in the midst of their work (close code 1006)";
    out.push_back(std::move(finding));
  }
}

}  // namespace

std::vector<Finding> judged(const Forwarding& forwarding) {
  Findings out;
  judge_path(forwarding, out);
  judge_upgrade(forwarding, out);
  judge_transport(forwarding, out);
  judge_upstreams(forwarding, out);
  judge_timeouts(forwarding, out);
  return out;
}

}  // namespace wsprobe::lint::caddy
