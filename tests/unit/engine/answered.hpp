// A step that got an answer, for what judges answers.
#pragma once

#include <string>
#include <string_view>

#include "core/report.hpp"

namespace wsprobe::engine {

/// The whole body came.
inline StepReport answered(int status, std::string_view body = {}) {
  StepReport report;
  report.evidence.response.emplace();
  Response& response = *report.evidence.response;
  response.head.status = status;
  response.body = body;
  response.body_size = body.size();
  response.body_complete = true;
  report.outcome = Completed{};
  return report;
}

}  // namespace wsprobe::engine
