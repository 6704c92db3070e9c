#include "exporters/prometheus_text.hpp"

#include <array>
#include <limits>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "core/text.hpp"

namespace wsprobe::exporters {
namespace {

prometheus::MetricType type_of(MetricType type) {
  switch (type) {
    case MetricType::counter: return prometheus::MetricType::Counter;
    case MetricType::gauge: return prometheus::MetricType::Gauge;
    case MetricType::histogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::MetricFamily family_of(const Metric& metric) {
  return {std::string(metric.name), std::string(metric.help), type_of(metric.type), {}};
}

std::string serialize(prometheus::MetricFamily family) {
  return prometheus::TextSerializer().Serialize({std::move(family)});
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return out;
}

prometheus::ClientMetric::Histogram histogram_of(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram out;
  std::uint64_t cumulative = 0;
  for (std::size_t index = 0; index < histogram.counts().size(); ++index) {
    cumulative += histogram.counts()[index];
    const bool last = index == histogram.bounds().size();
    out.bucket.push_back({cumulative, last ? std::numeric_limits<double>::infinity() : histogram.bounds()[index]});
  }
  out.sample_count = cumulative;
  out.sample_sum = histogram.sum();
  return out;
}

prometheus::ClientMetric client_metric(MetricType type, const Sample& sample) {
  prometheus::ClientMetric out;
  out.label.reserve(sample.labels.size());
  for (const auto& [name, value] : sample.labels) out.label.push_back({name, valid_utf8(value)});
  if (const auto* histogram = std::get_if<const Histogram*>(&sample.value)) {
    out.histogram = histogram_of(**histogram);
    return out;
  }
  const double value = std::get<double>(sample.value);
  (type == MetricType::counter ? out.counter.value : out.gauge.value) = value;
  return out;
}

}  // namespace

const std::string& header_text(MetricId id) {
  static const std::vector<std::string> headers = [] {
    std::vector<std::string> out;
    for (const Metric& metric : all_metrics()) out.push_back(serialize(family_of(metric)));
    return out;
  }();
  return headers.at(static_cast<std::size_t>(id));
}

std::string sample_text(MetricId id, std::span<const Sample> samples) {
  if (samples.empty()) return {};
  const Metric& row = metric(id);
  prometheus::MetricFamily family = family_of(row);
  family.metric.reserve(samples.size());
  for (const Sample& sample : samples) family.metric.push_back(client_metric(row.type, sample));
  std::string text = serialize(std::move(family));
  text.erase(0, header_text(id).size());
  return text;
}

}  // namespace wsprobe::exporters
