#include "actors/runs/original_run.h"

#include "runtime/base/check.h"
#include "runtime/execution/branch_machine.h"
#include "runtime/execution/event_codec.h"
#include "runtime/history/versions_of_run.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace {
namespace {

Error no_execution(const ExecutionId& id) {
  return Error(ErrorCode::not_found, "no execution " + id.text());
}

/// The events of the first page, or of all of them.
Result<std::vector<Event>> events_of(const std::vector<storage::JournalPage>& pages,
                                     RunSecrets& secrets, OriginalRuns::Depth depth) {
  std::vector<Event> events;
  for (const auto& page : pages) {
    auto more = read_journal_page(page.events, secrets.opener());
    if (!more) return more.error();
    std::move(more->begin(), more->end(), std::back_inserter(events));
    if (depth == OriginalRuns::Depth::beginning) break;
  }
  return events;
}

Result<BranchMachine> machine_after(const std::shared_ptr<const Workflow>& first,
                                    const ExecutionId& execution,
                                    const std::vector<Event>& events) {
  BranchMachine machine(first, execution);
  try {
    for (const Event& event : events) machine.apply(event);
  } catch (const BugFound& problem) {
    return Error(ErrorCode::corrupt_data,
                 std::string("a journal does not fit its workflow: ") + problem.what());
  }
  return machine;
}

}  // namespace

Result<OriginalRun> OriginalRuns::read(const ProjectId& project, const ExecutionId& execution,
                                       Depth depth) const {
  auto summary = table_.summary(execution);
  if (!summary) return summary.error();
  if (!*summary || (*summary)->project != project) return no_execution(execution);
  OriginalRun run;
  run.summary = std::move(**summary);
  const FindVersion versions = [&](WorkflowVersion version) {
    return workflows_.version(project, run.summary.workflow, version);
  };
  auto workflow = versions(run.summary.version);
  if (!workflow && workflow.error().code == ErrorCode::not_found) {
    return Error(ErrorCode::workflow_not_deployed,
                 "version " + std::to_string(run.summary.version) + " of the workflow \"" +
                     run.summary.workflow.text + "\", which the run had, is gone");
  }
  if (!workflow) return workflow.error();
  run.workflow = std::move(*workflow);
  run.secrets = std::make_shared<RunSecrets>(sealer_, execution);
  auto pages = table_.pages(execution, BranchPath{});
  if (!pages) return pages.error();
  if (pages->empty()) return no_execution(execution);  // it was erased at this moment
  auto events = events_of(*pages, *run.secrets, depth);
  if (!events) return events.error();
  auto* const started =
      events->empty() ? nullptr : std::get_if<ExecutionStarted>(&events->front().body);
  if (started == nullptr) {
    return Error(ErrorCode::corrupt_data, "a journal does not begin with ExecutionStarted");
  }
  run.outputs.workflow = run.workflow.get();
  if (depth != Depth::beginning) {
    const auto past = VersionsOfRun::read(*events, versions);
    if (!past) return past.error();
    auto machine = machine_after((*past)->first(), execution, *events);
    if (!machine) return machine.error();
    run.outputs.by_step = machine->scope().outputs();
    run.workflow = machine->shared_workflow();  // it may have moved since its line was read
    run.outputs.workflow = run.workflow.get();
    run.machine = std::move(*machine);
    run.may_have_begun = events->size() > 1 || pages->front().attempts_begun > 0;
  }
  run.started = std::move(*started);
  return run;
}

}  // namespace millrace
