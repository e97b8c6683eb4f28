#include "actors/gateway/migrations.h"

#include "actors/gateway/replay_limits.h"
#include "storage/tables/history_walk.h"

#include <utility>

namespace millrace {
namespace {

using Kind = Obstacle::Kind;

void put(Migrations::Line& line, Obstacle obstacle) {
  line.code = wire_name(obstacle.kind);
  line.step = std::move(obstacle.step);
  line.message = std::move(obstacle.message);
}

/// By what is on the disk.
bool may_be_under_way(const OriginalRun& run) {
  const BranchMachine& machine = *run.machine;
  if (machine.open_fan_out()) return run.summary.status != ExecutionStatus::delayed;
  return run.may_have_begun && !machine.waiting_until();
}

}  // namespace

Result<std::shared_ptr<const Migration>> Migrations::between(const ProjectId& project,
                                                             const WorkflowId& workflow,
                                                             WorkflowVersion from,
                                                             WorkflowVersion to,
                                                             const JsonObject& map) const {
  const auto version = [&](WorkflowVersion number) -> Result<MigrationVersion> {
    auto compiled = workflows_.version(project, workflow, number);
    if (!compiled && compiled.error().code == ErrorCode::not_found) {
      return Error(ErrorCode::not_found, "the workflow \"" + workflow.text + "\" has no version " +
                                             std::to_string(number) +
                                             ": `GET …/versions` lists those that it has");
    }
    if (!compiled) return compiled.error();
    const auto row = storage::ProjectTable(store_).version(project, workflow, number);
    if (!row) return row.error();
    if (!*row) return Error(ErrorCode::corrupt_data, "a version has no definition");
    auto definition = parse_json((*row)->definition, limits::stored_depth_max);
    if (!definition) return definition.error();
    return MigrationVersion{std::move(*compiled), std::move(*definition)};
  };
  auto first = version(from);
  if (!first) return first.error();
  auto second = version(to);
  if (!second) return second.error();
  return Migration::between(std::move(*first), std::move(*second), map);
}

Result<std::shared_ptr<const Migration>> Migrations::of_job(const storage::BulkJobRow& job) const {
  const auto map = parse_json(job.step_map);
  if (!map || !map->is_object()) {
    return Error(ErrorCode::corrupt_data, "a bulk job's map of steps is none");
  }
  return between(job.project, job.workflow, job.from_version, job.version, map->get_object());
}

Migrations::Line Migrations::look_at(const ProjectId& project, const Migration& migration,
                                     const ExecutionId& execution) const {
  Line line{execution, std::nullopt};
  const auto run = runs_.read(project, execution, OriginalRuns::Depth::outputs);
  const bool is_missing = !run && run.error().code == ErrorCode::not_found;
  if (is_missing || (run && run->summary.workflow != migration.from().id)) {
    put(line, {Kind::not_found, {}, "the workflow has no such run"});
    return line;
  }
  if (!run) {
    line.code = wire_name(public_code(run.error().code));
    line.message = run.error().message;
    return line;
  }
  line.status = run->summary.status;
  auto moved = migration.of_run(*run->machine, run->may_have_begun);
  if (auto* const obstacle = std::get_if<Obstacle>(&moved)) {
    put(line, std::move(*obstacle));
    return line;
  }
  line.step = run->machine->current_step()->id.text;
  if (may_be_under_way(*run)) {
    put(line, {Kind::step_running, line.step, "it runs, or is about to"});
    return line;
  }
  line.step_to = migration.to().by_index[std::get<ExecutionMigrated>(moved).step]->id.text;
  return line;
}

Result<Migrations::Preview> Migrations::preview(
    const ProjectId& project, const Migration& migration,
    const std::vector<ExecutionId>& executions,
    const std::optional<storage::BulkFilter>& filter) const {
  Preview preview;
  std::size_t looked_at = 0;
  const auto take = [&](const ExecutionId& execution) {
    ++looked_at;
    Line line = look_at(project, migration, execution);
    if (line.code.empty()) {
      ++preview.moving;
    } else {
      ++preview.staying[line.code];
    }
    if (preview.lines.size() < limits::migration_described_max) {
      preview.lines.push_back(std::move(line));
    }
  };
  for (const ExecutionId& execution : executions) take(execution);
  if (!filter) return preview;
  const auto walked = storage::walk_history(
      store_, project, {}, limits::migration_rows_max, [&](const ExecutionSummary& run) {
        const bool is_meant = filter->matches(run) && run.workflow == migration.from().id &&
                              run.version == migration.from().version && !is_final(run.status);
        if (is_meant) take(run.id);
        return looked_at < limits::migration_looked_at_max;
      });
  if (!walked) return walked.error();
  preview.is_partial = !walked->is_through;
  return preview;
}

}  // namespace millrace
