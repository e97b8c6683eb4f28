#include "runtime/execution/step_counts.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr std::size_t members = 9;
// Beyond (about 30,000 years) is damage, and sums might overflow; so with counts.
constexpr std::int64_t number_max = 1'000'000'000'000'000;

Json time_json(const std::optional<Instant>& time) {
  return time ? Json(time->time_since_epoch().count()) : Json(nullptr);
}

class RowReader {
 public:
  explicit RowReader(const JsonArray& row) : row_(row) {}

  std::int64_t number(std::size_t member) {
    boost::system::error_code error;
    const auto number = row_[member].to_number<std::int64_t>(error);
    if (error || number < -number_max || number > number_max) is_damaged_ = true;
    return number;
  }
  std::optional<Instant> time(std::size_t member) {
    if (row_[member].is_null()) return std::nullopt;
    return Instant(Millis(number(member)));
  }
  bool is_damaged() const { return is_damaged_; }

 private:
  const JsonArray& row_;
  bool is_damaged_ = false;
};

std::optional<StepCount> read_count(const Json& json) {
  const JsonArray* const row = json.if_array();
  if (row == nullptr || row->size() < members) return std::nullopt;
  RowReader in(*row);
  StepCount count;
  const std::int64_t step = in.number(0);
  count.step = static_cast<StepIndex>(step);
  count.succeeded = in.number(1);
  count.failed = in.number(2);
  count.cancelled = in.number(3);
  count.executing = in.number(4);
  count.delayed = in.number(5);
  count.elements = in.number(6);
  count.start = in.time(7);
  count.end = in.time(8);
  if (in.is_damaged() || step < 0 || static_cast<std::int64_t>(count.step) != step) {
    return std::nullopt;
  }
  return count;
}

}  // namespace

std::int64_t& StepCount::of_status(std::string_view status) {
  if (status == "SUCCEEDED") return succeeded;
  if (status == "FAILED") return failed;
  if (status == "CANCELLED") return cancelled;
  return status == "DELAYED" ? delayed : executing;
}

void StepCount::add(const StepCount& other) {
  succeeded += other.succeeded;
  failed += other.failed;
  cancelled += other.cancelled;
  executing += other.executing;
  delayed += other.delayed;
  elements += other.elements;
  if (other.start) start = std::min(start.value_or(*other.start), *other.start);
  if (other.end) end = std::max(end.value_or(*other.end), *other.end);
}

StepCount& StepCounts::of(StepIndex step) {
  const auto place =
      std::lower_bound(counts_.begin(), counts_.end(), step,
                       [](const StepCount& each, StepIndex wanted) { return each.step < wanted; });
  if (place != counts_.end() && place->step == step) return *place;
  StepCount count;
  count.step = step;
  return *counts_.insert(place, count);
}

void StepCounts::add(const StepCounts& other) {
  is_partial_ = is_partial_ || other.is_partial_;
  for (const StepCount& each : other.counts_) of(each.step).add(each);
}

StepCounts StepCounts::cut_off() {
  StepCounts change;
  for (StepCount& count : counts_) {
    const std::int64_t open = count.executing + count.delayed;
    if (count.executing == 0 && count.delayed == 0) continue;
    StepCount& changed = change.of(count.step);
    changed.executing = -count.executing;
    changed.delayed = -count.delayed;
    changed.cancelled = open;
    count.executing = count.delayed = 0;
    count.cancelled += open;
  }
  return change;
}

std::int64_t StepCounts::total() const {
  std::int64_t total = 0;
  for (const StepCount& count : counts_) total += count.all();
  return total;
}

JsonArray counts_json(const StepCounts& counts) {
  JsonArray json;
  if (counts.is_partial()) json.emplace_back(0);
  for (const StepCount& count : counts.all()) {
    json.push_back(JsonArray{count.step, count.succeeded, count.failed, count.cancelled,
                             count.executing, count.delayed, count.elements, time_json(count.start),
                             time_json(count.end)});
  }
  return json;
}

std::optional<StepCounts> read_counts(const Json& json) {
  const JsonArray* const rows = json.if_array();
  if (rows == nullptr) return std::nullopt;
  StepCounts counts;
  for (const Json& row : *rows) {
    if (row.is_number()) {
      counts.mark_partial();
      continue;
    }
    const auto count = read_count(row);
    if (!count) return std::nullopt;
    counts.of(count->step) = *count;
  }
  return counts;
}

}  // namespace millrace
