#pragma once
// How often the steps inside a fan-out have run, by how it went: what the task history's graph shows of a
// hundred thousand elements without reading one of them. Bounded by the workflow's steps.
//
// Added up as elements go on (step_counter.h) and kept in the event that ends their fan-out, so that they are
// on the disk exactly when what they count is. Differences are counts as well: numbers may be negative then.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace {

struct StepCount {
  StepIndex step = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;         // for good, also where the branch goes on
  std::int64_t cancelled = 0;      // its branch ended while it ran
  std::int64_t executing = 0;      // a branch stands at it
  std::int64_t delayed = 0;        // likewise, asleep in it
  std::int64_t elements = 0;       // of a fan-out: what it was opened with, together
  std::optional<Instant> start{};  // the first one's
  std::optional<Instant> end{};    // the last one's

  /// By the status as users read it: "SUCCEEDED".
  std::int64_t& of_status(std::string_view status);
  /// What is counted of another step, or of this one elsewhere.
  void add(const StepCount& other);
  std::int64_t all() const { return succeeded + failed + cancelled + executing + delayed; }
  bool operator==(const StepCount&) const = default;
};

class StepCounts {
 public:
  /// The count of one step, all zero when nothing is counted of it.
  StepCount& of(StepIndex step);
  void add(const StepCounts& other);
  /// Their branches have ended: whatever runs is cut off. Returns what that changes.
  StepCounts cut_off();
  /// Something is missing: it ran under a version of Millrace that did not count.
  void mark_partial() { is_partial_ = true; }

  bool is_partial() const { return is_partial_; }
  bool empty() const { return counts_.empty() && !is_partial_; }
  /// In the order of the steps.
  const std::vector<StepCount>& all() const { return counts_; }
  /// Of all steps together.
  std::int64_t total() const;
  bool operator==(const StepCounts&) const = default;

 private:
  std::vector<StepCount> counts_;
  bool is_partial_ = false;
};

/// As it is stored: `[[step, succeeded, failed, cancelled, executing, delayed, elements, start, end], …]`, times
/// in milliseconds or null; a leading 0 says that it is partial. Members are only added.
JsonArray counts_json(const StepCounts& counts);
/// Nothing: it is damaged.
std::optional<StepCounts> read_counts(const Json& json);

}  // namespace millrace
