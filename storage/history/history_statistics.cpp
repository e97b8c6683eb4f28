#include "storage/history/history_statistics.h"

#include "runtime/base/check.h"
#include "storage/history/block_walk.h"
#include "storage/history/history_limits.h"
#include "storage/keys.h"

#include <utility>

namespace millrace::storage {
namespace {

Error damaged() {
  return Error(ErrorCode::corrupt_data, "The history index holds a run of no class.");
}

class Adding {
 public:
  Adding(const OrderedStore& store, const StatisticsQuery& query)
      : query_(query),
        walk_(store, query.project, stretch_of(query.from, query.to), Direction::forward) {
    for (Instant at = query.from; at < query.to; at += query.bucket) {
      buckets_.emplace_back().at = at;
    }
    CHECK(buckets_.size() <= limits::statistics_buckets_max, "more buckets than are answered");
  }

  Result<std::vector<StatisticsBucket>> run() {
    for (;;) {
      const auto more = walk_.next();
      if (!more.ok()) return more.error();
      if (!*more) return std::move(buckets_);
      auto added = is_of_one_bucket() ? add_head() : add_runs();
      if (!added.ok()) return added.error();
    }
  }

 private:
  /// Of a place within the stretch.
  std::size_t bucket_of(std::string_view order) const {
    const auto place = keys::parse_history_order(order);
    CHECK(place.has_value(), "a place in the history has a fixed size");
    return static_cast<std::size_t>((place->started - query_.from) / query_.bucket);
  }
  bool is_of_one_bucket() const {
    return walk_.is_inside() && bucket_of(walk_.first()) == bucket_of(walk_.last());
  }
  bool is_counted(const ClassView& kind) const {
    return is_final(kind.status) && (!query_.workflow || query_.workflow->text == kind.workflow);
  }
  static void count(StatisticsBucket& bucket, ExecutionStatus status, std::uint32_t runs) {
    switch (status) {
      case ExecutionStatus::succeeded:
        bucket.succeeded += runs;
        return;
      case ExecutionStatus::failed:
        bucket.failed += runs;
        return;
      case ExecutionStatus::cancelled:
        bucket.cancelled += runs;
        return;
      default:
        CHECK(false, "a run that has not ended is counted");
    }
  }

  Outcome add_head() {
    StatisticsBucket& bucket = buckets_[bucket_of(walk_.first())];
    const auto classes = walk_.classes();
    if (!classes.ok()) return classes.error();
    const auto durations = walk_.durations();
    if (!durations.ok()) return durations.error();
    for (std::size_t i = 0; i < classes->size(); ++i) {
      const ClassView& kind = (*classes)[i];
      if (!is_counted(kind)) continue;
      count(bucket, kind.status, kind.count);
      if (query_.workflow && !bucket.durations.add_encoded((*durations)->of_class[i])) {
        return damaged();
      }
    }
    if (!query_.workflow && !bucket.durations.add_encoded((*durations)->all)) return damaged();
    return Done{};
  }

  Outcome add_runs() {
    const auto orders = walk_.orders();
    if (!orders.ok()) return orders.error();
    const auto states = walk_.states();
    if (!states.ok()) return states.error();
    const auto classes = walk_.classes();
    if (!classes.ok()) return classes.error();
    for (std::size_t run = 0; run < walk_.head().count; ++run) {
      const std::string_view order = order_at(*orders, run);
      if (!walk_.stretch().contains(order)) continue;
      const std::size_t kind = class_at(*states, run);
      if (kind >= classes->size()) return damaged();
      if (!is_counted((*classes)[kind])) continue;
      StatisticsBucket& bucket = buckets_[bucket_of(order)];
      count(bucket, (*classes)[kind].status, 1);
      const std::uint32_t duration = duration_at(*states, run);
      if (duration != no_duration) bucket.durations.add(duration);
    }
    return Done{};
  }

  const StatisticsQuery& query_;
  BlockWalk walk_;
  std::vector<StatisticsBucket> buckets_;
};

}  // namespace

Result<std::vector<StatisticsBucket>> indexed_statistics(const OrderedStore& store,
                                                         const StatisticsQuery& query) {
  return Adding(store, query).run();
}

}  // namespace millrace::storage
