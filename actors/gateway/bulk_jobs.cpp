#include "actors/gateway/bulk_jobs.h"

#include "actors/gateway/replay_limits.h"
#include "runtime/base/check.h"
#include "runtime/digests/sha256.h"
#include "runtime/text/hex_text.h"
#include "storage/keys.h"
#include "storage/tables/history_walk.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace millrace {
namespace {

using storage::BulkJobRow;
using storage::BulkJobTable;
using storage::BulkKind;

constexpr std::size_t id_bytes = 16;

/// The same for the same key, so that a repeat finds the job of the first request.
std::string id_of(const BulkOrder& order, Random& random) {
  std::array<std::uint8_t, id_bytes> id{};
  if (order.idempotency) {
    const Sha256 digest = sha256("bulk:" + order.idempotency->key);
    std::copy_n(digest.begin(), id_bytes, id.begin());
  } else {
    random.fill(id);
  }
  return to_hex(std::span<const std::uint8_t>(id));
}

BulkJobRow row_of(const BulkOrder& order, std::string id, Instant now) {
  BulkJobRow row;
  row.project = order.project;
  row.id = std::move(id);
  row.kind = order.kind;
  if (order.idempotency) row.content = order.idempotency->content;
  row.by = order.by;
  row.created = now;
  row.executions = order.executions;
  row.is_by_filter = order.filter.has_value();
  row.due = now;
  if (order.filter) {
    row.filter = *order.filter;
    // What the job itself starts is none of its business, nor is what comes after it; what began in the same
    // millisecond may have been acknowledged before. So the job begins in the next one.
    const Instant next = now + Millis(1);
    row.filter.before = std::min(row.filter.before.value_or(next), next);
    row.due = next;
  }
  row.version_choice = static_cast<std::uint8_t>(order.how.which);
  row.version = order.how.version;
  row.from_step = order.how.from_step.text;
  if (order.migration == nullptr) return row;
  row.workflow = order.migration->from().id;
  row.from_version = order.migration->from().version;
  row.version = order.migration->to().version;
  row.step_map = order.step_map;
  return row;
}

ReplayChoice choice_of(const BulkJobRow& row) {
  return {static_cast<ReplayChoice::Version>(row.version_choice), row.version,
          StepId(row.from_step)};
}

/// By this job, perhaps before a crash: or by somebody else, which is as good.
bool has_moved_by(const BulkJobRow& row, const ExecutionSummary& run) {
  return run.version == row.version && run.migrated && *run.migrated >= row.created;
}

/// Something of the moment, which says nothing of the execution.
bool is_of_the_moment(ErrorCode code) {
  return code == ErrorCode::overloaded || code == ErrorCode::storage_failed;
}

void refuse(BulkJobRow& row, const ExecutionId& execution, std::string_view code,
            std::string_view step = {}) {
  if (++row.refused > limits::bulk_refused_listed_max) return;
  // The list is JSON text without its brackets, so that it only grows.
  if (!row.refused_list.empty()) row.refused_list += ',';
  JsonObject refused{{"id", execution.text()}, {"code", code}};
  if (!step.empty()) refused["stepId"] = step;
  row.refused_list += to_text(refused);
}

void refuse(BulkJobRow& row, const ExecutionId& execution, ErrorCode code) {
  refuse(row, execution, wire_name(public_code(code)));
}

/// Until somebody looks again whether a job is through, which nobody knows beforehand.
constexpr Millis look_again_after{10'000};

/// Until the first of those that are through is not kept any longer.
Millis until_one_goes(const std::vector<BulkJobRow>& jobs, Instant now) {
  Instant first = now + limits::bulk_job_kept_for;
  for (const BulkJobRow& job : jobs) {
    if (job.ended) first = std::min(first, job.due);
  }
  return std::max(first - now, Millis(0));
}

Error too_many(std::string why, Millis wait) {
  Error error(ErrorCode::rate_limited, std::move(why));
  error.retry_after =
      static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(wait).count());
  return error;
}

/// Does the job's filter mean it?
bool is_meant(const BulkJobRow& row, const ExecutionSummary& run) {
  if (!row.filter.matches(run)) return false;
  if (row.kind != BulkKind::migrate) return true;
  return run.workflow == row.workflow &&
         (run.version == row.from_version ? !is_final(run.status) : has_moved_by(row, run));
}

}  // namespace

BulkJobs::BulkJobs(Dependencies dependencies, BulkOptions options)
    : uses_(std::move(dependencies)),
      options_(options),
      table_(uses_.store),
      executions_(uses_.store),
      trouble_("bulk jobs", uses_.clock, uses_.log) {
  CHECK(options_.part > 0 && options_.rows_per_part > 0, "a part without anything never ends");
}

// --- from outside ---------------------------------------------------------------------------------

Result<BulkJob> BulkJobs::start(BulkOrder order, Millis patience) {
  CHECK(order.executions.size() <= limits::bulk_ids_max, "a job names too many executions");
  CHECK(order.executions.empty() || !order.filter, "a job has a filter and executions");
  CHECK((order.kind == BulkKind::migrate) == (order.migration != nullptr),
        "a job moves runs, and nobody knows where");
  std::string id = id_of(order, uses_.random);
  BulkJobRow row = row_of(order, std::move(id), uses_.clock.now());
  bool is_repeated = false;
  {
    const KeyedLocks::Hold held(creating_, storage::keys::bulk_job(row.project, row.id));
    auto batch = uses_.commits.begin(shard_of(row.project));
    if (!batch) return batch.error();
    auto known = table_.find(row.project, row.id);
    if (!known) return known.error();
    if (*known && ((*known)->content != row.content || (*known)->kind != row.kind)) {
      return another_content();
    }
    if (*known) {
      row = std::move(**known);
      is_repeated = true;
    } else if (auto stored = store_new(row, std::move(*batch)); !stored) {
      return stored.error();
    }
  }
  if (!is_repeated) uses_.schedule(BulkJobTable::wake_of(row));
  return wait_for_end(row, is_repeated, patience);
}

Outcome BulkJobs::store_new(const BulkJobRow& row, storage::WriteBatch batch) const {
  if (auto room = check_room(row.project); !room) return room;
  BulkJobTable::put(batch, row);
  storage::WakeTable::put(batch, BulkJobTable::wake_of(row));
  return uses_.commits.commit(std::move(batch));
}

Outcome BulkJobs::check_room(const ProjectId& project) const {
  const auto jobs = table_.list(project);
  if (!jobs) return jobs.error();
  const auto open = std::count_if(jobs->begin(), jobs->end(),
                                  [](const BulkJobRow& job) { return !job.ended.has_value(); });
  if (static_cast<std::size_t>(open) >= limits::bulk_jobs_open_max) {
    return too_many("the project has " + std::to_string(limits::bulk_jobs_open_max) +
                        " bulk jobs that are not through: wait for one of them",
                    look_again_after);
  }
  if (jobs->size() >= limits::bulk_jobs_kept_max) {
    return too_many("the project has had " + std::to_string(limits::bulk_jobs_kept_max) +
                        " bulk jobs within a day: name more executions in each",
                    until_one_goes(*jobs, uses_.clock.now()));
  }
  return Done{};
}

Result<BulkJob> BulkJobs::wait_for_end(const BulkJobRow& row, bool is_repeated, Millis patience) {
  const Instant until = uses_.clock.now() + patience;
  while (true) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = parts_;
    }
    auto job = find(row.project, row.id);
    if (!job) return job.error();
    job->is_repeated = is_repeated;
    if (job->is_through() || uses_.clock.now() >= until) return job;
    std::unique_lock lock(mutex_);
    if (parts_ == seen) uses_.clock.wait_until(lock, changed_, until);
  }
}

Result<BulkJob> BulkJobs::find(const ProjectId& project, const std::string& id) const {
  auto row = table_.find(project, id);
  if (!row) return row.error();
  if (!*row) {
    return Error(ErrorCode::not_found,
                 "no bulk job \"" + id + "\": they can be looked at for a day after their end");
  }
  return BulkJob{std::move(**row)};
}

void BulkJobs::notify_part() {
  {
    const std::lock_guard lock(mutex_);
    ++parts_;
  }
  changed_.notify_all();
}

// --- the walk -------------------------------------------------------------------------------------

std::optional<Instant> BulkJobs::serve(const storage::WakeRow& wake) {
  if (!unsettled_.settle(uses_.commits)) return uses_.clock.now() + options_.retry_pause;
  const auto served = serve_job(wake);
  notify_part();
  if (served || means_shard_moved(served.error().code)) {  // then its owner reads the row
    trouble_.over(wake.target_key);
    return served ? *served : std::nullopt;
  }
  trouble_.failed(wake.target_key, served.error());
  return uses_.clock.now() + options_.retry_pause;
}

Result<BulkJobs::Again> BulkJobs::drop(const storage::WakeRow& wake,
                                       const std::optional<BulkJobRow>& row) {
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  storage::WakeTable::remove(*batch, wake);
  if (row) BulkJobTable::remove(*batch, *row);
  if (auto stored = uses_.commits.commit(std::move(*batch)); !stored) return stored.error();
  return Again();
}

Result<BulkJobs::Again> BulkJobs::serve_job(const storage::WakeRow& wake) {
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  auto found = table_.find(wake.target_key);
  if (!found) return found.error();
  if (!*found || (*found)->due != wake.due) return drop(wake, std::nullopt);
  BulkJobRow row = std::move(**found);
  if (row.ended) return drop(wake, row);

  const auto part = next_part(row);
  if (!part) return part.error();
  JointStarter::Orders orders;
  const auto done = do_part(row, *part, *batch, orders);
  if (!done) return done.error();
  const bool is_whole = *done == part->executions.size();
  if (is_whole || *done > 0) {
    const Part::Place& place = is_whole ? part->end : part->executions[*done - 1].second;
    row.done = place.done;
    row.walked_to = place.walked_to;
  }
  const bool is_through = is_whole && part->is_last;
  const Instant now = uses_.clock.now();
  if (is_through) {
    row.ended = now;
    row.due = now + limits::bulk_job_kept_for;
    // What it was about is not needed any more.
    row.executions.clear();
    row.filter = {};
    row.walked_to.clear();
    storage::WakeTable::remove(*batch, wake);
    storage::WakeTable::put(*batch, BulkJobTable::wake_of(row));
  }
  BulkJobTable::put(*batch, row);
  if (auto stored = uses_.commits.commit(std::move(*batch)); !stored) {
    unsettled_.note();
    return stored.error();
  }
  uses_.joint.stored(orders);
  if (is_through) {
    uses_.schedule(BulkJobTable::wake_of(row));
    return Again();
  }
  return Again(now + (is_whole || *done > 0 ? options_.pause : options_.retry_pause));
}

Result<std::size_t> BulkJobs::do_part(BulkJobRow& row, const Part& part, storage::WriteBatch& batch,
                                      JointStarter::Orders& orders) const {
  switch (row.kind) {
    case BulkKind::replay:
      return replay_part(row, part, batch, orders);
    case BulkKind::cancel:
      return cancel_part(row, part);
    case BulkKind::migrate:
      return migrate_part(row, part);
  }
  CHECK(false, "an unknown kind of bulk job");
}

Result<BulkJobs::Part> BulkJobs::next_part(const BulkJobRow& row) const {
  Part part;
  if (!row.is_by_filter) {
    const std::uint64_t end =
        std::min<std::uint64_t>(row.executions.size(), row.done + options_.part);
    for (std::uint64_t i = row.done; i < end; ++i) {
      part.executions.push_back({row.executions[i], {i + 1, {}}});
    }
    part.end = {end, {}};
    part.is_last = end == row.executions.size();
    return part;
  }
  const auto piece = storage::walk_history(
      uses_.store, row.project, row.walked_to, options_.rows_per_part,
      [&](const ExecutionSummary& run) {
        if (!is_meant(row, run)) return true;
        const std::string key = storage::keys::history_row(run.project, run.started, run.id);
        part.executions.push_back({run.id, {0, key}});
        return part.executions.size() < options_.part;
      });
  if (!piece) return piece.error();
  part.end = {0, piece->walked_to};
  part.is_last = piece->is_through;
  return part;
}

std::size_t BulkJobs::replay_part(BulkJobRow& row, const Part& part, storage::WriteBatch& batch,
                                  JointStarter::Orders& orders) const {
  for (std::size_t i = 0; i < part.executions.size(); ++i) {
    const ExecutionId& execution = part.executions[i].first;
    if (batch.bytes() > options_.part_bytes_max) return i;
    // Whose shard it is, is asked before anything is read for the commit.
    const auto fence = uses_.ownership.fence(execution.shard());
    if (!fence) {
      refuse(row, execution, fence.error().code);
      continue;
    }
    auto order = uses_.replays.prepare(
        {.project = row.project, .original = execution, .how = choice_of(row)});
    if (order) {
      batch.require(*fence);
      JointStarter::add({*order}, batch);
      orders.push_back(std::move(*order));
      ++row.accepted;
    } else if (is_of_the_moment(order.error().code)) {
      return i;
    } else {
      refuse(row, execution, order.error().code);
    }
  }
  return part.executions.size();
}

std::size_t BulkJobs::cancel_part(BulkJobRow& row, const Part& part) const {
  // All wishes first: they are confirmed by the same syncs.
  struct Wish {
    std::shared_ptr<OutcomeSlot> slot;  // null: it was not made
    std::optional<ErrorCode> refusal{};
  };
  std::vector<Wish> wishes;
  for (const auto& [execution, place] : part.executions) {
    const auto run = executions_.summary(execution);
    if (!run) break;
    if (!*run || (*run)->project != row.project) {
      wishes.push_back({nullptr, ErrorCode::not_found});
    } else if (is_final((*run)->status)) {
      const auto refusal = refusal_of_cancel(row, execution);
      if (!refusal) break;
      wishes.push_back({nullptr, *refusal});
    } else {
      wishes.push_back({uses_.cancel(**run, row.by)});
    }
  }
  const Instant until = uses_.clock.now() + options_.cancel_patience;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    Wish& wish = wishes[i];
    const ExecutionId& execution = part.executions[i].first;
    if (wish.slot != nullptr) {
      const auto left =
          std::max(Millis(0), std::chrono::duration_cast<Millis>(until - uses_.clock.now()));
      const auto answer = wish.slot->wait_for(left);
      if (!answer || (!*answer && is_of_the_moment(answer->error().code))) return i;
      if (!*answer) {  // it has ended in this moment, or cannot be cancelled
        const auto refusal = refusal_of_cancel(row, execution);
        if (!refusal) return i;
        wish.refusal = *refusal;
      }
    }
    if (wish.refusal) {
      refuse(row, execution, *wish.refusal);
    } else {
      ++row.accepted;
    }
  }
  return wishes.size();
}

Result<std::size_t> BulkJobs::migrate_part(BulkJobRow& row, const Part& part) const {
  const auto migration = uses_.migrations.of_job(row);
  if (!migration) return migration.error();
  // All orders first, as of cancels.
  struct Order {
    std::shared_ptr<MigrationSlot> slot;  // null: it was not given
    std::optional<Obstacle::Kind> obstacle{};
  };
  std::vector<Order> given;
  for (const auto& [execution, place] : part.executions) {
    const auto run = executions_.summary(execution);
    if (!run) break;
    if (!*run || (*run)->project != row.project || (*run)->workflow != row.workflow) {
      given.push_back({nullptr, Obstacle::Kind::not_found});
    } else if (has_moved_by(row, **run)) {
      given.push_back({nullptr});
    } else if (is_final((*run)->status)) {
      given.push_back({nullptr, Obstacle::Kind::execution_ended});
    } else {
      given.push_back({uses_.migrate(**run, *migration, row.by)});
    }
  }
  const Instant until = uses_.clock.now() + options_.cancel_patience;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const ExecutionId& execution = part.executions[i].first;
    std::string step;
    if (given[i].slot != nullptr) {
      const auto left =
          std::max(Millis(0), std::chrono::duration_cast<Millis>(until - uses_.clock.now()));
      const auto answer = given[i].slot->wait_for(left);
      if (!answer || (!*answer && is_of_the_moment(answer->error().code))) return i;
      if (!*answer) {
        refuse(row, execution, answer->error().code);
        continue;
      }
      if (**answer) {
        const auto run = executions_.summary(execution);
        if (!run) return i;
        // An order that was given before this one may have been followed first.
        if (!*run || !has_moved_by(row, **run)) given[i].obstacle = (**answer)->kind;
        step = (**answer)->step;
      }
    }
    if (given[i].obstacle) {
      refuse(row, execution, wire_name(*given[i].obstacle), step);
    } else {
      ++row.accepted;
    }
  }
  return given.size();
}

Result<std::optional<ErrorCode>> BulkJobs::refusal_of_cancel(const BulkJobRow& row,
                                                             const ExecutionId& execution) const {
  const auto run = executions_.summary(execution);
  if (!run) return run.error();
  if (!*run) return std::optional(ErrorCode::not_found);
  // By this job, perhaps before a crash: or by somebody else, which is as good.
  const bool is_as_wanted = (*run)->status == ExecutionStatus::cancelled && (*run)->ended &&
                            *(*run)->ended >= row.created;
  return is_as_wanted ? std::optional<ErrorCode>() : std::optional(ErrorCode::conflict);
}

}  // namespace millrace
