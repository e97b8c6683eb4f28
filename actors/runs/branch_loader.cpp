#include "actors/runs/branch_loader.h"

#include "actors/runs/start_rows.h"
#include "runtime/execution/branch_snapshot.h"
#include "runtime/execution/event_codec.h"
#include "runtime/execution/step_counter.h"
#include "runtime/history/begun_elements.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {
namespace {

/// No element moves to another version.
Result<std::shared_ptr<const Workflow>> no_version(WorkflowVersion) {
  return Error(ErrorCode::corrupt_data, "an element of a fan-out changes its version");
}

/// `counter`: told of each event that is applied; null: nobody counts.
Outcome apply_pages(BranchMachine& machine, const std::vector<storage::JournalPage>& pages,
                    RunSecrets& secrets, const FindVersion& versions,
                    StepCounter* counter = nullptr) {
  for (const auto& page : pages) {
    auto events = read_journal_page(page.events, secrets.opener());
    if (!events) return events.error();
    if (auto found = put_in_versions(*events, versions); !found) return found;
    std::uint64_t sequence = page.first_sequence;
    for (const auto& event : *events) {
      // A page may begin inside what a snapshot already holds.
      if (sequence++ <= machine.events_applied()) continue;
      try {
        machine.apply(event);
        if (counter != nullptr) counter->meet(event);
      } catch (const BugFound& problem) {
        return Error(ErrorCode::corrupt_data,
                     std::string("a journal does not fit its workflow: ") + problem.what());
      }
    }
  }
  return Done{};
}

/// That a journal with this first page begins on.
Result<std::shared_ptr<const Workflow>> first_version(const storage::JournalPage& first,
                                                      const FindVersion& versions) {
  const auto events = read_journal_page(first.events);
  if (!events) return events.error();
  const auto* const started =
      events->empty() ? nullptr : std::get_if<ExecutionStarted>(&events->front().body);
  if (started == nullptr) {
    return Error(ErrorCode::corrupt_data, "a journal does not begin with ExecutionStarted");
  }
  return versions(started->version);
}

}  // namespace

Result<LoadedRun> BranchLoader::begin(const RunOrder& order) const {
  BranchMachine machine(order.workflow, order.execution);
  machine.apply(first_event(order));
  auto tenant = tenants_.view(order.started.project, order.started.user);
  if (!tenant) return tenant.error();
  return LoadedRun{summary_of(order), LoadedBranch{std::move(machine), 0, {}}, std::move(*tenant),
                   order.secrets != nullptr
                       ? order.secrets
                       : std::make_shared<RunSecrets>(sealer_, order.execution)};
}

Result<LoadedRun> BranchLoader::load_run(const ExecutionId& execution, storage::Fence fence) const {
  if (const auto fresh = fresh_.take(execution, fence)) return begin(*fresh);
  auto summary = table_.summary(execution);
  if (!summary) return summary.error();
  if (!*summary) return Error(ErrorCode::not_found, "no execution " + execution.text());
  const ExecutionSummary& known = **summary;
  const FindVersion versions = [&](WorkflowVersion version) {
    return workflows_.version(known.project, known.workflow, version);
  };
  auto workflow = versions(known.version);
  if (!workflow) return workflow.error();
  auto secrets = std::make_shared<RunSecrets>(sealer_, execution);
  auto root =
      replay(execution, BranchPath{}, *secrets, BranchMachine(*workflow, execution), versions);
  if (!root) return root.error();
  auto tenant = tenants_.view(known.project, known.user);
  if (!tenant) return tenant.error();
  return LoadedRun{known, std::move(*root), std::move(*tenant), std::move(secrets)};
}

Result<LoadedBranch> BranchLoader::load_child(const ExecutionId& execution, const BranchPath& path,
                                              RunSecrets& secrets,
                                              std::shared_ptr<const Workflow> workflow,
                                              const Step& fan_out,
                                              std::shared_ptr<const BranchScope> outer,
                                              Json instance) const {
  BranchMachine machine(std::move(workflow), std::move(outer), fan_out, std::move(instance),
                        path.elements.back().index);
  return replay(execution, path, secrets, std::move(machine), no_version);
}

Result<std::optional<BranchMachine>> BranchLoader::from_snapshot(
    const ExecutionId& execution, const BranchPath& path, RunSecrets& secrets,
    const BranchMachine& machine) const {
  auto snapshot = table_.snapshot(execution, path);
  if (!snapshot) return snapshot.error();
  if (!*snapshot) return std::optional<BranchMachine>();
  BranchMachine restored = machine;
  const auto state = secrets.uncover_snapshot(std::move((*snapshot)->state));
  if (!state || !BranchSnapshotCodec::restore(restored, *state)) {
    return std::optional<BranchMachine>();
  }
  return std::optional(std::move(restored));
}

Result<LoadedBranch> BranchLoader::replay(const ExecutionId& execution, const BranchPath& path,
                                          RunSecrets& secrets, BranchMachine machine,
                                          const FindVersion& versions) const {
  LoadedBranch branch{std::move(machine), 0, {}};
  auto snapshot = from_snapshot(execution, path, secrets, branch.machine);
  if (!snapshot) return snapshot.error();
  if (*snapshot) {
    branch.machine = std::move(**snapshot);
    branch.events_in_snapshot = branch.machine.events_applied();
  }
  auto pages = table_.pages(execution, path, branch.machine.events_applied());
  if (!pages) return pages.error();
  if (path.is_root() && !*snapshot && !pages->empty()) {
    // From the beginning: on the version that the run began on.
    auto first = first_version(pages->front(), versions);
    if (!first) return first.error();
    branch.machine = BranchMachine(std::move(*first), execution);
  }
  if (auto applied = apply_pages(branch.machine, *pages, secrets, versions); !applied) {
    return applied.error();
  }
  // A root's first event only says that it shall run.
  branch.may_repeat = branch.machine.events_applied() > (path.is_root() ? 1u : 0u) ||
                      (!pages->empty() && pages->front().attempts_begun > 0);
  if (path.is_root() && branch.machine.events_applied() == 0) {
    return Error(ErrorCode::corrupt_data, "execution " + execution.text() + " has no journal");
  }
  if (branch.machine.open_fan_out()) {
    if (auto loaded = load_children(execution, path, secrets, branch); !loaded) {
      return loaded.error();
    }
  }
  return branch;
}

Outcome BranchLoader::load_children(const ExecutionId& execution, const BranchPath& path,
                                    RunSecrets& secrets, LoadedBranch& branch) const {
  const auto& workflow = branch.machine.shared_workflow();
  const StepIndex number = *branch.machine.open_fan_out_number();
  const Step& fan_out = *workflow->by_index[*branch.machine.open_fan_out()];
  const Json items = branch.machine.fan_out_items();
  const auto scope = branch.machine.freeze_scope();
  std::vector<OpenInside> open_inside;
  Outcome problem = Done{};
  auto scanned = table_.children(
      execution, path, number, [&](std::uint32_t index, std::vector<storage::JournalPage> pages) {
        if (index >= items.get_array().size()) {
          problem = Error(ErrorCode::corrupt_data, "a fan-out has a journal for element " +
                                                       std::to_string(index) + " of " +
                                                       std::to_string(items.get_array().size()));
          return false;
        }
        BranchMachine child(workflow, scope, fan_out, items.get_array()[index], index);
        StepCounter counter(workflow, StepCounter::Inside::counted);
        problem = apply_pages(child, pages, secrets, no_version, &counter);
        if (!problem) return false;
        if (child.events_applied() == 0) {
          counter.begin(first_step_inside(fan_out), branch.machine.step_started());
        }
        branch.children.steps.add(counter.take_changes());
        if (child.has_ended()) {
          branch.children.settled.emplace_back(index, result_of(child, fan_out));
        } else {
          // One in a fan-out of its own may have something to do, whatever that step's timeout says.
          const auto due = child.open_fan_out() ? std::nullopt : child.waiting_until();
          branch.children.begun.push_back({index, due, child.is_delayed(), child.tasks()});
          if (const auto inner = child.open_fan_out()) {
            open_inside.push_back({index, *inner, child.step_started()});
          }
        }
        return true;
      });
  if (!scanned) return scanned;
  if (!problem) return problem;
  for (const OpenInside& inner : open_inside) {
    const auto inside = count_inside(execution, workflow, path.child(number, inner.index), inner);
    if (!inside) return inside.error();
    branch.children.steps.add(inside->steps);
    const auto begun = std::find_if(branch.children.begun.begin(), branch.children.begun.end(),
                                    [&](const auto& each) { return each.index == inner.index; });
    begun->tasks += inside->tasks;
  }
  return Done{};
}

Result<BranchLoader::Counted> BranchLoader::count_inside(
    const ExecutionId& execution, const std::shared_ptr<const Workflow>& workflow,
    const BranchPath& parent, const OpenInside& fan_out) const {
  Counted counted;
  std::vector<OpenInside> open_inside;
  const auto count = [&](std::uint32_t index,
                         const std::vector<storage::JournalPage>& pages) -> Outcome {
    StepCounter counter(workflow, StepCounter::Inside::counted);
    std::optional<Instant> last;  // event of the element
    for (const auto& page : pages) {
      const auto events = read_journal_page(page.events);
      if (!events) return events.error();
      for (const Event& event : *events) {
        counted.tasks += tasks_of(event.body);
        counter.meet(event);
        last = event.at;
      }
    }
    if (!last) counter.begin(first_step_inside(*workflow->by_index[fan_out.step]), fan_out.opened);
    if (const auto open = counter.open_fan_out()) open_inside.push_back({index, *open, *last});
    counted.steps.add(counter.take_changes());
    return Done{};
  };
  Outcome problem = Done{};
  const auto scanned =
      table_.children(execution, parent, fan_out.step,
                      [&](std::uint32_t index, const std::vector<storage::JournalPage>& pages) {
                        problem = count(index, pages);
                        return problem.ok();
                      });
  if (!scanned) return scanned.error();
  if (!problem) return problem.error();
  for (const OpenInside& inner : open_inside) {
    const auto inside =
        count_inside(execution, workflow, parent.child(fan_out.step, inner.index), inner);
    if (!inside) return inside.error();
    counted.tasks += inside->tasks;
    counted.steps.add(inside->steps);
  }
  return counted;
}

}  // namespace millrace
