#include "actors/gateway/retention.h"

#include "actors/tenants/audit_log.h"
#include "actors/tenants/event_log.h"
#include "actors/workers/survive.h"
#include "storage/tables/run_removal.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {
namespace {

/// Projects whose horizons are remembered during a round.
constexpr std::size_t horizons_max = 10'000;

}  // namespace

Retention::Retention(Dependencies dependencies, RetentionOptions options)
    : dependencies_(std::move(dependencies)),
      options_(options),
      projects_(dependencies_.store),
      stop_(dependencies_.clock),
      thread_([this] { run(); }) {}

Retention::~Retention() {
  stop_.set();
  thread_.join();
}

void Retention::run() {
  stop_.wait_for(options_.first);
  while (!stop_.is_set()) {
    survive(dependencies_.log, "the removal of what is old", [&] { round(); });
    stop_.wait_for(options_.round);
  }
}

void Retention::round() {
  began_ = dependencies_.clock.now();
  horizons_.clear();
  problem_.reset();
  has_removed_ = false;
  for (const ShardId shard : dependencies_.ownership.owned()) clear(shard);
  if (stop_.is_set()) return;
  if (!problem_) stats_.lag_seconds = 0;
  reclaim();
  if (problem_) {
    dependencies_.log(
        LogLevel::warning,
        "what is old could not all be removed; it is tried again later: " + problem_->message);
  }
  ++stats_.rounds;
}

void Retention::note_erased(std::span<const ShardId> shards) {
  const std::lock_guard lock(mutex_);
  erased_.insert(shards.begin(), shards.end());
}

void Retention::reclaim() {
  std::vector<ShardId> erased;
  {
    const std::lock_guard lock(mutex_);
    erased.assign(erased_.begin(), erased_.end());
    erased_.clear();
  }
  if (!dependencies_.reclaim || (!has_removed_ && erased.empty())) return;
  const auto done = dependencies_.reclaim(stop_.flag(), erased);
  if (done) return;
  note_problem(done.error());
  note_erased(erased);
}

void Retention::clear(ShardId shard) {
  using storage::AgedLog;
  walk([&](std::string from) { return remove_runs(shard, std::move(from)); });
  walk([&](std::string from) {
    return remove_entries(shard, AgedLog::events, EventLog::kept_for, std::move(from));
  });
  walk([&](std::string from) {
    return remove_entries(shard, AgedLog::audit, AuditLog::kept_for, std::move(from));
  });
  if (dependencies_.clear_received && !stop_.is_set()) dependencies_.clear_received(shard);
}

void Retention::walk(const Do& step) {
  std::string walked_to;
  while (!stop_.is_set()) {
    const Moment begun = dependencies_.clock.moment();
    auto done = step(std::move(walked_to));
    if (!done) return note_problem(done.error());
    has_removed_ = has_removed_ || done->has_removed;
    const bool is_through = done->piece.is_through;
    walked_to = std::move(done->piece.walked_to);
    // What has found nothing has cost a few looks.
    if (is_through && !done->has_removed) return;
    const auto took = std::chrono::ceil<Millis>(dependencies_.clock.moment() - begun);
    stop_.wait_for(
        std::max(options_.pause, took * static_cast<std::int64_t>(options_.pause_share)));
    if (is_through) return;
  }
}

Result<Retention::Step> Retention::remove_runs(ShardId shard, std::string walked_to) {
  auto batch = dependencies_.commits.begin(shard);
  if (!batch) return batch.error();
  std::size_t runs = 0;
  std::size_t bytes = 0;
  std::optional<Millis> lag;
  auto piece = storage::walk_ended_runs(
      dependencies_.store, shard, std::move(walked_to), options_.looked_at_max,
      [&](const ProjectId& project) { return horizon(project); },
      [&](const ExecutionSummary& run) -> Result<bool> {
        const auto removed = storage::remove_run(dependencies_.store, *batch, run);
        if (!removed) return removed.error();
        ++runs;
        bytes += removed->bytes;
        lag = std::max(lag.value_or(Millis(0)), *horizons_[run.project] - *run.ended);
        return batch->operations().size() < options_.removals_max && bytes < options_.bytes_max;
      });
  if (!piece) return piece.error();
  if (runs == 0) return Step{std::move(*piece), false};
  stats_.lag_seconds = std::chrono::duration_cast<std::chrono::seconds>(*lag).count();
  if (auto committed = dependencies_.commits.commit(std::move(*batch)); !committed) {
    return committed.error();
  }
  stats_.runs += runs;
  stats_.bytes += bytes;
  return Step{std::move(*piece), true};
}

Result<Retention::Step> Retention::remove_entries(ShardId shard, storage::AgedLog log,
                                                  Millis kept_for, std::string walked_to) {
  auto batch = dependencies_.commits.begin(shard);
  if (!batch) return batch.error();
  std::size_t removed = 0;
  auto piece =
      storage::remove_old_entries(dependencies_.store, *batch, log, shard, std::move(walked_to),
                                  options_.removals_max, began_ - kept_for, removed);
  if (!piece) return piece.error();
  if (removed == 0) return Step{std::move(*piece), false};
  if (auto committed = dependencies_.commits.commit(std::move(*batch)); !committed) {
    return committed.error();
  }
  stats_.entries += removed;
  return Step{std::move(*piece), true};
}

Result<std::optional<Instant>> Retention::horizon(const ProjectId& project) {
  const auto known = horizons_.find(project);
  if (known != horizons_.end()) return known->second;
  const auto row = projects_.project(project);
  std::optional<Instant> horizon;
  // Of a project that cannot be read everything is kept; the others go on.
  if (!row) note_problem(row.error());
  if (row && *row) horizon = removal_horizon((*row)->settings, began_);
  if (horizons_.size() >= horizons_max) horizons_.clear();
  horizons_[project] = horizon;
  return horizon;
}

void Retention::note_problem(const Error& error) {
  // The shard's new owner goes on.
  if (!problem_ && !means_shard_moved(error.code)) problem_ = error;
}

}  // namespace millrace
