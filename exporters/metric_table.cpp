#include "exporters/metric_table.hpp"

#include <array>

namespace wsprobe::exporters {
namespace {

constexpr std::array table{
#define WSPROBE_ROW(name, type, scope, labels, help) \
  Metric{MetricId::name, #name, MetricType::type, MetricScope::scope, labels, help},
    WSPROBE_METRICS(WSPROBE_ROW)
#undef WSPROBE_ROW
};

}  // namespace

std::span<const Metric> all_metrics() { return table; }

const Metric& metric(MetricId id) { return table.at(static_cast<std::size_t>(id)); }

std::string_view name(MetricType type) {
  switch (type) {
    case MetricType::counter: return "counter";
    case MetricType::gauge: return "gauge";
    case MetricType::histogram: return "histogram";
  }
  return "";
}

std::string_view name(MetricScope scope) {
  switch (scope) {
    case MetricScope::report: return "report";
    case MetricScope::scenario: return "scenario";
    case MetricScope::step: return "step";
    case MetricScope::daemon: return "daemon";
  }
  return "";
}

}  // namespace wsprobe::exporters
