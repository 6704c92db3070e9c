#include "exporters/pushgateway.hpp"

#include <algorithm>
#include <set>

#include "core/base64.hpp"
#include "core/secret.hpp"
#include "exporters/probe_metrics.hpp"
#include "exporters/prometheus_text.hpp"

namespace wsprobe::exporters {
namespace {

/// In the alphabet that is safe in a URL.
std::string url_base64(std::string_view bytes) {
  std::string out = encode_base64(bytes);
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

std::string grouping(std::string_view label, std::string_view value) {
  const bool plain = !value.empty() && value != "." && value != ".." && value.find('/') == std::string_view::npos;
  if (plain) return "/" + std::string(label) + "/" + percent_encode(value);
  // "=" stands for the empty value: a path cannot have an empty segment.
  return "/" + std::string(label) + "@base64/" + (value.empty() ? "=" : url_base64(value));
}

bool names_a_job(std::string_view path) {
  return path.find("/metrics/job/") != std::string_view::npos ||
         path.find("/metrics/job@base64/") != std::string_view::npos;
}

}  // namespace

std::string push_path(std::string_view base_path, std::string_view scenario) {
  while (base_path.ends_with('/')) base_path.remove_suffix(1);
  std::string path(base_path);
  if (!names_a_job(path)) path += "/metrics" + grouping("job", "wsprobe");
  return path + grouping("scenario", scenario);
}

std::vector<PushRequest> push_requests(std::span<const Report> reports, std::string_view base_path, PushAction action) {
  std::vector<PushRequest> requests;
  std::set<std::string_view> seen;
  for (std::size_t left = reports.size(); left > 0; --left) {
    const auto report = reports.subspan(left - 1, 1);
    if (!seen.insert(report.front().scenario).second) continue;
    PushRequest request{"DELETE", push_path(base_path, report.front().scenario), {}, {}};
    if (action == PushAction::replace) {
      request.method = "PUT";
      request.content_type = metrics_content_type;
      request.body = probe_text(report);
    }
    requests.push_back(std::move(request));
  }
  std::reverse(requests.begin(), requests.end());
  return requests;
}

}  // namespace wsprobe::exporters
