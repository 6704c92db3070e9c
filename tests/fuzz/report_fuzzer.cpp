// Any bytes as a saved report. What is refused is refused at a place inside it, in words that can be shown; what is
// read is written in a form that is read again as the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "exporters/json.hpp"
#include "exporters/json_reader.hpp"
#include "fuzz/pieces.hpp"

namespace {

using namespace wsprobe;
using fuzz::check;

void check_problem(const exporters::ReportProblem& problem, std::string_view text) {
  check(problem.line >= 1 && problem.column >= 1);
  check(problem.line <= text.size() + 1 && problem.column <= text.size() + 1);
  check(!problem.message.empty() && problem.message.size() < 1000);
  for (const char byte : problem.message + problem.help)
    check(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reports = exporters::read_reports(text);
  if (!reports) {
    check_problem(reports.error(), text);
    return 0;
  }
  const std::string written = exporters::to_json(*reports);
  const auto again = exporters::read_reports(written);
  check(again.has_value());
  check(exporters::to_json(*again) == written);
  return 0;
}
