#include "bench/sample.h"

#include <algorithm>
#include <cmath>

namespace millrace::bench {

double Sample::quantile(double share) const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(sorted.size()));
  const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(wanted));
  return sorted[rank - 1];
}

double Sample::median() const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

}  // namespace millrace::bench
