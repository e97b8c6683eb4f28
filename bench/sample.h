#pragma once
// The statistics of a handful of repetitions. The machine is noisy and the distributions have long
// tails, so everything reported is a rank, never a mean.

#include <cstddef>
#include <vector>

namespace millrace::bench {

class Sample {
 public:
  void add(double value) { values_.push_back(value); }

  std::size_t size() const { return values_.size(); }
  /// The smallest value that at least `share` (0 to 1) of the values do not exceed (nearest rank);
  /// zero when there is none.
  double quantile(double share) const;
  /// The middle value, or the mean of the two middle ones.
  double median() const;
  double p90() const { return quantile(0.9); }
  double smallest() const { return quantile(0); }
  double largest() const { return quantile(1); }

 private:
  std::vector<double> values_;
};

}  // namespace millrace::bench
