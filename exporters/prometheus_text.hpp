// The text format of Prometheus, written by prometheus-cpp's serializer. Its headers are seen in prometheus_*.cpp only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "exporters/histogram.hpp"
#include "exporters/metric_table.hpp"

namespace wsprobe::exporters {

/// Content-Type of a whole text in this format.
inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Names and values; the names are the program's own or were checked by the scenario loader.
using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Labels labels;
  std::variant<double, const Histogram*> value;  ///< a histogram exactly where the metric is one
};

/// The HELP and TYPE lines of a metric.
[[nodiscard]] const std::string& header_text(MetricId id);

/// The lines of the samples, without the header. What is no valid UTF-8 in the value of a label becomes U+FFFD: one
/// such byte would make the whole scrape fail.
[[nodiscard]] std::string sample_text(MetricId id, std::span<const Sample> samples);

}  // namespace wsprobe::exporters
