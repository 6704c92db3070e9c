// Counts of durations by upper bound, as Prometheus has them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace wsprobe::exporters {

class Histogram {
 public:
  /// `bounds`: inclusive upper bounds in seconds, rising; they have to outlive the histogram. +Inf is implied.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  void observe(double seconds) {
    std::size_t index = 0;
    while (index < bounds_.size() && seconds > bounds_[index]) ++index;
    ++counts_[index];
    sum_ += seconds;
  }

  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  /// Observations per bucket, not cumulative; the last is that of +Inf.
  [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

}  // namespace wsprobe::exporters
