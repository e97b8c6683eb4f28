#pragma once
// From one version of a workflow to another, for runs that are in the middle: which step is whose counterpart, and
// whether a run can stand there. Pure; immutable, shared by all runs of a migration and by many threads.
//
// A step's counterpart is the step of the same id, or the one that the map names, of the same kind and inside the
// counterparts of the same fan-outs. What a run has behind it need not have counterparts: outputs of steps that are
// gone are gone, new steps that lie behind the run have none. Where it stands must: a delay goes on to sleep as long as
// it was to, a retry waits as long. A run of which nothing has begun begins at the new version's first step. What has
// run of the version that it leaves, or of one before, runs once: a counterpart of it that lies ahead is an obstacle.
//
// An open fan-out is the same up to the step behind it: the same ids at the same places, and between them the fan-out
// word for word. Its elements have journals of their own, which then say the same in both versions; so nothing of
// them is written when the run moves, however many they are.

#include "runtime/execution/branch_machine.h"
#include "runtime/migration/obstacle.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace millrace {

namespace limits {

/// Steps of all versions that a run has left: whoever looks at the run reads them all. A run with more moves no more.
inline constexpr StepIndex left_steps_max = 20'000;
/// Findings about a `map` that are told. Those beyond are counted.
inline constexpr std::size_t map_findings_told_max = 100;

}  // namespace limits

struct MigrationVersion {
  std::shared_ptr<const Workflow> workflow;
  Json definition;  // that it was compiled from
};

class Migration {
 public:
  /// `map`: {"<step of from>": "<step of to>"}. Error invalid_request: the versions are started by different kinds of
  /// triggers or belong to different integrations, so no run can go from one to the other; or the map names what is
  /// none; all findings at once, but of those about the map the first limits::map_findings_told_max.
  static Result<std::shared_ptr<const Migration>> between(MigrationVersion from,
                                                          MigrationVersion to,
                                                          const JsonObject& map);

  /// What the root's journal is to say, or why the run stays. `has_begun`: an attempt of its first step may have left.
  /// That nothing of the run is under way is the caller's.
  std::variant<ExecutionMigrated, Obstacle> of_run(const BranchMachine& run, bool has_begun) const;

  const Workflow& from() const { return *from_; }
  const Workflow& to() const { return *to_; }

 private:
  Migration(MigrationVersion from, MigrationVersion to);

  struct MapFindings;

  MapFindings read_map(const JsonObject& map);
  bool is_counterpart(const Step& then, const Step& now) const;
  bool is_same_fan_out(const Step& fan_out, const MigrationVersion& from,
                       const MigrationVersion& to) const;

  /// Where it stands has a counterpart; if it may not stand there, why.
  std::optional<Obstacle> obstacle_of_place(const BranchMachine& run) const;
  std::optional<Obstacle> obstacle_of_outputs(const BranchMachine& run) const;
  std::optional<Obstacle> obstacle_of_repeats(const BranchMachine& run, const Step& place) const;
  /// The step of `to`, ahead of the place, that would do again what this one of `from` has done.
  const Step* repetition_of(const Step& done, const Step& place) const;
  /// The same of what it has done under versions before, which `from` does not have.
  const Step* repetition_of(const LeftStep& done, const Step& place) const;
  std::optional<Obstacle> obstacle_of_choices(const BranchMachine& run, const Step& place) const;

  const std::shared_ptr<const Workflow> from_;
  const std::shared_ptr<const Workflow> to_;
  std::vector<std::optional<StepIndex>> counterparts_;  // by the steps of `from`
  /// Steps of `from` whose id `to` has for something else.
  std::vector<bool> is_other_kind_;
  std::vector<bool> is_same_fan_out_;  // likewise by the steps of `from`
};

}  // namespace millrace
