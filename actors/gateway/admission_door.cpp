#include "actors/gateway/admission_door.h"

#include "actors/gateway/admission_passage.h"
#include "runtime/admission/admission_limits.h"
#include "runtime/base/check.h"

#include <algorithm>

namespace millrace {

using storage::AdmissionLineRow;
using storage::AdmissionTable;
using storage::WakeRow;

AdmissionDoor::AdmissionDoor(Dependencies dependencies, AdmissionOptions options)
    : uses_(std::move(dependencies)),
      options_(options),
      table_(uses_.store),
      executions_(uses_.store),
      trouble_("triggers that wait for their admission", uses_.clock, uses_.log) {
  CHECK(options_.part > 0, "a part without anything never ends");
  count_stored();
}

/// What waits since before this process. A line that cannot be read is not counted, and is told of when it is
/// served.
void AdmissionDoor::count_stored() {
  const auto read = table_.visit(uses_.ownership.owned(), [&](AdmissionLineRow row) -> Outcome {
    count(row.project, row.stage, static_cast<std::int64_t>(row.size()),
          static_cast<std::int64_t>(row.bytes));
    if (row.running != ExecutionId{}) {
      remember(row.running, AdmissionTable::wake_of(row, Instant{}));
    }
    return Done{};
  });
  if (!read) {
    uses_.log(LogLevel::error, "triggers that wait for their admission could not be counted: " +
                                   read.error().message);
  }
}

void AdmissionDoor::count(const ProjectId& project, AdmissionStage stage, std::int64_t triggers,
                          std::int64_t bytes) {
  uses_.waiting[static_cast<std::size_t>(stage) - 1] += triggers;
  const std::lock_guard lock(mutex_);
  Room& room = rooms_[project];
  room.triggers = static_cast<std::size_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(room.triggers) + triggers));
  room.bytes = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(room.bytes) + bytes));
  if (room.triggers == 0) rooms_.erase(project);
}

bool AdmissionDoor::has_room(const ProjectId& project, std::size_t triggers, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(project);
  const Room room = found == rooms_.end() ? Room{} : found->second;
  return room.triggers + triggers <= limits::admission_project_max &&
         room.bytes + bytes <= limits::admission_project_bytes_max;
}

void AdmissionDoor::remember(const ExecutionId& run, const WakeRow& line) {
  const std::lock_guard lock(mutex_);
  running_.insert_or_assign(run, line);
}

void AdmissionDoor::forget(const ExecutionId& run) {
  const std::lock_guard lock(mutex_);
  running_.erase(run);
}

void AdmissionDoor::ended(const ExecutionId& run) {
  std::optional<WakeRow> line;
  {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(run);
    if (found == running_.end()) return;
    line = std::move(found->second);
    running_.erase(found);
  }
  uses_.serve_soon(*line);
}

std::optional<Instant> AdmissionDoor::serve(const WakeRow& wake) {
  const auto served = serve_line(wake);
  if (served || means_shard_moved(served.error().code)) {  // then its owner serves it
    trouble_.over(wake.target_key);
    return served ? *served : std::nullopt;
  }
  trouble_.failed(wake.target_key, served.error());
  return uses_.clock.now() + options_.retry_pause;
}

Result<std::optional<Instant>> AdmissionDoor::serve_line(const WakeRow& wake) {
  const std::optional<Instant> through;
  auto batch = uses_.commits.begin(wake.shard);
  if (!batch) return batch.error();
  const bool is_row = wake.due != Instant{};
  const auto seen = table_.find(wake.target_key);
  if (!seen) return seen.error();
  if (!*seen) {
    if (!is_row) return through;
    storage::WakeTable::remove(*batch, wake);
    auto removed = uses_.commits.commit(std::move(*batch));
    if (!removed) return removed.error();
    return through;
  }
  Passage passage(*this, (*seen)->project, (*seen)->user, std::move(*batch));
  passage.hold();
  if (auto settled = unsettled_.settle(uses_.commits); !settled) return settled.error();
  auto line = passage.find_line((*seen)->digest);
  if (!line) return line.error();
  if (is_row) storage::WakeTable::remove(passage.batch(), wake);
  if ((*line)->row.wake == wake.due) (*line)->row.wake = Instant{};
  if (auto served = passage.serve(**line); !served) return served.error();
  if (auto stored = passage.commit(); !stored) return stored.error();
  return through;
}

Outcome AdmissionDoor::erase(const ProjectId& project, const UserId& user,
                             storage::WriteBatch& batch) {
  const auto rows = table_.of_user(project, user);
  if (!rows) return rows.error();
  for (const AdmissionLineRow& row : *rows) {
    count(project, row.stage, -static_cast<std::int64_t>(row.size()),
          -static_cast<std::int64_t>(row.bytes));
    forget(row.running);
  }
  return table_.remove_user(batch, project, user);
}

Result<AdmissionDoor::Lines> AdmissionDoor::lines(const ProjectId& project,
                                                  const WorkflowId& workflow,
                                                  const UserId& user) const {
  Lines lines;
  const auto add = [&](AdmissionLineRow row) -> Outcome {
    if (row.workflow != workflow || row.size() == 0) return Done{};
    if (lines.lines.size() >= limits::admission_lines_listed_max) {
      lines.is_truncated = true;
      return Done{};
    }
    lines.lines.push_back(std::move(row));
    return Done{};
  };
  if (user.empty()) {
    if (auto read = table_.visit(uses_.ownership.owned(), project, add); !read) return read.error();
    return lines;
  }
  auto rows = table_.of_user(project, user);
  if (!rows) return rows.error();
  for (AdmissionLineRow& row : *rows) ignore_result(add(std::move(row)), "it only gathers");
  return lines;
}

}  // namespace millrace
