// Any bytes as the lines of a log. What is read of a line is bounded and made of the line's own bytes; a line that
// carries no mark of ours is never kept, and no secret is left in what is kept.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/pieces.hpp"
#include "witness/access_log.hpp"
#include "witness/line_splitter.hpp"
#include "witness/search.hpp"

namespace {

using namespace wsprobe;
using wsprobe::fuzz::check;
using wsprobe::witness::AccessLine;

void check_line(const AccessLine& line, std::string_view text) {
  check(!witness::name(line.format).empty());
  check(line.status == 0 || (line.status >= 100 && line.status <= 999));
  check((line.upstream == witness::Upstream::answered) == (line.upstream_status != 0));
  check(line.upstream_status == 0 || (line.upstream_status >= 100 && line.upstream_status <= 999));
  for (const std::string* part : {&line.method, &line.target, &line.flags, &line.user_agent, &line.client}) {
    check(part->size() <= text.size());
  }
  check(line.method.find(' ') == std::string::npos || line.format == witness::LogFormat::json ||
        line.format == witness::LogFormat::caddy || line.format == witness::LogFormat::traefik_json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  witness::NewLines lines;
  witness::LineSplitter splitter;
  splitter.take(input, lines.lines);
  splitter.finish(lines.lines);
  for (const std::string& line : lines.lines) {
    check(line.size() <= witness::longest_line + 1);
    if (const auto parsed = witness::parse_access_line(line)) check_line(*parsed, line);
  }

  Redactor redactor;
  redactor.add(std::make_shared<const Secret>("valid", "s3cret-token-of-ours"));
  witness::Search search("log", LogOwner::unknown, {"1f0c9a7be4d2", "wsprobe-control-", "wsprobe-invalid-0123456789"},
                         redactor);
  StepReport exchange;
  exchange.evidence.request.method = "GET";
  exchange.evidence.request.upgrade = true;
  exchange.evidence.request.url = "ws://host/api/ws?token=${valid}";
  exchange.evidence.request.path = "/api/ws";
  exchange.evidence.request.fields.push_back({"User-Agent", "wsprobe/0.1 (run 1f0c9a7be4d2-07)"});
  search.add(lines);
  StepReport* const one = &exchange;
  search.settle({&one, 1});
  check(exchange.logged.size() <= 4);
  for (const LogRecord& record : exchange.logged) {
    check(record.line.size() <= 512 && record.target.size() <= 512);
    check(record.line.find("s3cret-token-of-ours") == std::string::npos);
    for (const char c : record.line + record.target + record.flags) check(static_cast<unsigned char>(c) >= 0x20);
  }
  return 0;
}
