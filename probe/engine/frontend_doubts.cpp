#include "engine/frontend_doubts.hpp"

#include <fmt/format.h>

#include "browser/literals.hpp"

namespace wsprobe::engine {
namespace {

using browser::ScriptEnd;

bool was_ended(ScriptEnd end) {
  return end == ScriptEnd::needed || end == ScriptEnd::out_of_time || end == ScriptEnd::out_of_memory;
}

std::string named(const FrontendScript& script) {
  return script.address.empty() ? fmt::format("of line {}", script.line) : script.address;
}

}  // namespace

std::string doubt_about(const FrontendFacts& facts, const ScriptsRun& ran) {
  const browser::ScriptAnswer& answer = ran.answer;
  const auto script_at = [&](std::size_t at) -> const FrontendScript& { return facts.scripts[ran.positions[at]]; };
  const browser::ScriptPlace& source = answer.sockets.empty() ? answer.assigned : answer.sockets.front().place;
  if (source.script && *source.script < ran.positions.size()) {
    if (const auto unsure = ran.unsure.find(ran.positions[*source.script]); unsure != ran.unsure.end()) {
      return fmt::format("whether browsers run the script {}, which names the URL, is not known: {}",
                         named(script_at(*source.script)), unsure->second);
    }
  }
  if (!answer.sockets.empty()) return {};
  if (ran.unread != 0) {
    const FrontendScript& script = facts.scripts[ran.unread - 1];
    return fmt::format("the script {} was not run, and may give {} another value: {}", named(script), facts.variable,
                       script.detail);
  }
  const std::string member = facts.variable.substr(facts.variable.rfind('.') + 1);
  for (std::size_t at = 0; at < ran.positions.size() && at < answer.runs.size(); ++at) {
    const browser::ScriptRun& run = answer.runs[at];
    if (!was_ended(run.end)) continue;
    for (const std::size_t line : browser::find_assignments(ran.request.scripts[at].text, member)) {
      const std::size_t there = line + ran.request.scripts[at].first_line - 1;
      if (there < run.line) continue;
      const FrontendScript& script = script_at(at);
      return fmt::format("the script {} was ended in line {} ({}), and gives {} a value in line {}", named(script),
                         run.line, script.detail.empty() ? script.end : "it needs a browser, for " + script.detail,
                         facts.variable, there);
    }
  }
  return {};
}

}  // namespace wsprobe::engine
