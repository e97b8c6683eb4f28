#pragma once
// What the pool remembers about one function version: the number under which workers know it, and
// how long its calls take, which decides whether they may be pipelined. I/O thread only.

#include "runtime/functions/function_engine.h"

#include <cstdint>
#include <memory>
#include <utility>

namespace millrace {

class FunctionVersion {
 public:
  FunctionVersion(std::uint32_t id, std::shared_ptr<const FunctionSource> source)
      : id_(id), source_(std::move(source)) {}

  std::uint32_t id() const { return id_; }
  const FunctionSource& source() const { return *source_; }

  /// Known to be fast: so fast that a call may wait behind others of its kind in a worker. A
  /// version without history counts as slow.
  bool is_fast() const { return measured_ >= measured_min && average_us_ < fast_us_max; }

  /// Weighted so that two slow calls in a row end the pipelining, and a few fast ones resume it.
  void record(double duration_us) {
    average_us_ = measured_ == 0 ? duration_us : average_us_ * 0.7 + duration_us * 0.3;
    if (measured_ < measured_min) ++measured_;
  }

 private:
  static constexpr double fast_us_max = 1000;
  static constexpr int measured_min = 2;

  const std::uint32_t id_;
  const std::shared_ptr<const FunctionSource> source_;
  double average_us_ = 0;
  int measured_ = 0;
};

}  // namespace millrace
