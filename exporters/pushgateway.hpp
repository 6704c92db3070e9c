// What is asked of a Pushgateway: which request, with which body. Sending it is the app's.
//
// Each scenario is a group of its own, {job, scenario}. PUT replaces the whole group, so that a series that is no
// longer written does not live on; POST would keep it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/report.hpp"

namespace wsprobe::exporters {

enum class PushAction : std::uint8_t {
  replace,  ///< PUT
  remove,   ///< DELETE
};

struct PushRequest {
  std::string method;
  std::string path;  ///< percent-encoded
  std::string content_type;
  std::string body;
};

/// The path of a group below `base_path` (the path of the URL the user gave): BASE/metrics/job/wsprobe/scenario/NAME.
/// Where the user's path names a job already (".../metrics/job/..."), the scenario is added to that grouping key. A
/// value with a slash, or an empty one, is written in base64, as the Pushgateway wants it.
[[nodiscard]] std::string push_path(std::string_view base_path, std::string_view scenario);

/// One request per scenario; of reports with the same name the last one counts.
[[nodiscard]] std::vector<PushRequest> push_requests(std::span<const Report> reports, std::string_view base_path,
                                                     PushAction action);

}  // namespace wsprobe::exporters
