#include "actors/gateway/run_details.h"

#include "actors/gateway/run_reading.h"
#include "actors/gateway/shown_values.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/execution/event_codec.h"
#include "storage/tables/step_rows.h"

#include <iterator>
#include <limits>
#include <unordered_map>

namespace millrace {
namespace {

using storage::ExecutionTable;

Error no_execution(const ExecutionId& id) {
  return Error(ErrorCode::not_found, "no execution " + id.text());
}

Error no_such_step(const ExecutionId& execution, const std::string& id) {
  return Error(ErrorCode::not_found,
               "execution " + execution.text() + " has no step execution \"" + id + "\"");
}

/// Fills `next` from `previous`: within a branch, and from the trigger to the first step. A fan-out
/// does not list its thousands of elements; they name it as their `previous`.
void link_next(std::vector<StepExecution>& steps) {
  std::unordered_map<std::string, std::size_t> position;
  for (std::size_t i = 0; i < steps.size(); ++i) position[steps[i].id] = i;
  for (const auto& step : steps) {
    if (!step.previous) continue;
    const auto found = position.find(*step.previous);
    if (found == position.end()) continue;
    StepExecution& before = steps[found->second];
    if (before.indexes.size() == step.indexes.size()) before.next.push_back(step.id);
  }
}

/// With the trigger, those that may be shown.
std::size_t steps_outside(const VersionsOfRun& versions) {
  std::size_t outside = 1;
  for (StepIndex number = 0; number < versions.end(); ++number) {
    const VersionsOfRun::Place place = versions.at(number);
    const bool is_shown = !place.last || &place.workflow == &versions.last();
    if (place.step.fan_outs.empty() && is_shown) ++outside;
  }
  return outside;
}

std::vector<RunDetails::Move> moves_in(const std::vector<Event>& root_events,
                                       const VersionsOfRun& versions) {
  std::vector<RunDetails::Move> moves;
  StepIndex steps_before = static_cast<StepIndex>(versions.first()->by_index.size());
  for (const Event& event : root_events) {
    const auto* const moved = std::get_if<ExecutionMigrated>(&event.body);
    if (moved == nullptr) continue;
    moves.push_back({event.at, moved->from, moved->to,
                     versions.at(steps_before + moved->step).shown, moved->by});
    steps_before += static_cast<StepIndex>(moved->workflow->by_index.size());
  }
  return moves;
}

}  // namespace

Result<std::vector<Event>> events_of(const std::vector<storage::JournalPage>& pages,
                                     RunSecrets& secrets) {
  const auto open = [&](std::string_view sealed) -> Result<std::optional<std::string>> {
    auto text = secrets.open(sealed);
    if (!text) return std::optional<std::string>();  // what stands in clear must do
    return std::optional(std::move(*text));
  };
  std::vector<Event> events;
  for (const auto& page : pages) {
    auto more = read_journal_page(page.events, open);
    if (!more) return more.error();
    std::move(more->begin(), more->end(), std::back_inserter(events));
  }
  return events;
}

namespace {

/// Reads the first `elements_max` elements of each fan-out.
StepHistory::ReadChildren children_of(
    const storage::OrderedStore& store, const ExecutionId& execution, RunSecrets& secrets,
    std::size_t elements_max = std::numeric_limits<std::size_t>::max()) {
  return [table = ExecutionTable(store), execution, &secrets, elements_max](
             const BranchPath& parent, StepIndex fan_out,
             const StepHistory::TakeChild& take) -> Outcome {
    Outcome problem = Done{};
    auto scanned =
        table.children(execution, parent, fan_out,
                       [&](std::uint32_t index, std::vector<storage::JournalPage> pages) {
                         if (index >= elements_max) return false;
                         auto events = events_of(pages, secrets);
                         if (!events) problem = events.error();
                         return problem.ok() && take(index, *events);
                       });
    return scanned ? problem : scanned;
  };
}

}  // namespace

Result<ExecutionSummary> RunDetails::summary(const ProjectId& project,
                                             const ExecutionId& execution) const {
  auto summary = ExecutionTable(store_).summary(execution);
  if (!summary) return summary.error();
  if (!*summary || (*summary)->project != project) return no_execution(execution);
  return std::move(**summary);
}

Result<RunDetails::Run> RunDetails::open(const ProjectId& project,
                                         const ExecutionId& execution) const {
  auto row = summary(project, execution);
  if (!row) return row.error();
  auto secrets = std::make_shared<RunSecrets>(sealer_, execution);
  using Journal = std::optional<std::vector<Event>>;
  const auto read = [this, execution, secrets](const BranchPath& path) -> Result<Journal> {
    auto pages = ExecutionTable(store_).pages(execution, path);
    if (!pages) return pages.error();
    if (pages->empty()) return Journal();
    auto events = events_of(*pages, *secrets);
    if (!events) return events.error();
    return Journal(std::move(*events));
  };
  auto root_journal = read(BranchPath{});
  if (!root_journal) return root_journal.error();
  std::vector<Event> root = std::move(*root_journal).value_or(std::vector<Event>());
  auto versions = VersionsOfRun::read(root, [&](WorkflowVersion version) {
    return workflows_.version(row->project, row->workflow, version);
  });
  if (!versions) return versions.error();
  const auto rows = storage::StepRows(store_).repeated(execution, limits::repeated_attempts_max);
  if (!rows) return rows.error();
  std::shared_ptr<RepeatedAttempts> repeated;
  if (!rows->empty()) repeated = std::make_shared<RepeatedAttempts>();
  for (const auto& each : *rows) {
    repeated->emplace(std::pair(each.branch, each.events_before), each.at);
  }
  auto branches =
      std::make_unique<RunBranches>(*versions, execution, std::move(root), read, repeated);
  return Run{std::move(*row), std::move(*versions), std::move(secrets), std::move(repeated),
             std::move(branches)};
}

// --- the run itself ---------------------------------------------------------------------------------

std::optional<ErrorDetail> RunDetails::failure_of(const ExecutionSummary& summary,
                                                  const std::vector<Event>& root_events) const {
  const auto* const ended =
      root_events.empty() ? nullptr : std::get_if<ExecutionEnded>(&root_events.back().body);
  if (ended == nullptr || ended->status != ExecutionStatus::failed) return std::nullopt;
  ErrorDetail failure;
  failure.message = ended->message;
  failure.got = wire_name(ended->code);
  auto workflow = workflows_.version(summary.project, summary.workflow, summary.version);
  if (workflow && ended->step && *ended->step < (*workflow)->by_index.size()) {
    failure.step = (*workflow)->by_index[*ended->step]->id.text;
  }
  return failure;
}

Result<RunDetails::Outline> RunDetails::outline(const ProjectId& project,
                                                const ExecutionId& execution) const {
  auto row = summary(project, execution);
  if (!row) return row.error();
  Outline outline{std::move(*row), std::nullopt};
  if (outline.summary.status != ExecutionStatus::failed) return outline;
  auto pages = ExecutionTable(store_).pages(execution, BranchPath{});
  if (!pages) return pages.error();
  RunSecrets secrets(sealer_, execution);
  auto events = events_of(*pages, secrets);
  if (!events) return events.error();
  outline.failure = failure_of(outline.summary, *events);
  return outline;
}

Result<RunDetails::Shown> RunDetails::show(const ProjectId& project,
                                           const ExecutionId& execution) const {
  auto run = open(project, execution);
  if (!run) return run.error();
  Shown shown;
  shown.summary = run->summary;
  // Those outside of fan-outs are the run's outline: they have their places.
  const std::size_t outside = steps_outside(*run->versions);
  std::size_t room =
      limits::step_executions_shown_max - std::min(outside, limits::step_executions_shown_max);
  bool is_cut = false;
  const auto visit = [&](StepFinding&& finding) {
    if (!finding.step.indexes.empty() && room == 0) {
      is_cut = true;
      return;
    }
    if (!finding.step.indexes.empty()) --room;
    shown.steps.push_back(std::move(finding.step));
  };
  const auto has_enough = [&] {
    is_cut = is_cut || room == 0;
    return room == 0;
  };
  StepHistory history(run->versions, execution, children_of(store_, execution, *run->secrets),
                      visit, has_enough, run->repeated);
  const auto& events = run->branches->root_events();
  auto replayed = history.replay(events);
  if (!replayed) return replayed.error();
  link_next(shown.steps);
  mask(shown.steps, *run->secrets);
  shown.failure = failure_of(shown.summary, events);
  shown.moves = moves_in(events, *run->versions);
  for (const Event& event : events) {
    const auto* const started = std::get_if<ExecutionStarted>(&event.body);
    if (started != nullptr) shown.admission = started->admission;
    const auto* const cancel = std::get_if<CancelRequested>(&event.body);
    if (cancel != nullptr && !cancel->reason.empty()) {
      shown.cancelled = Error(cancel->code, cancel->reason);
    }
  }
  shown.steps_total = shown.steps.size();
  if (!is_cut) return shown;
  const auto inside = counts_inside(*run);
  if (!inside) return inside.error();
  const auto listed_outside = static_cast<std::size_t>(
      std::count_if(shown.steps.begin(), shown.steps.end(),
                    [](const StepExecution& step) { return step.indexes.empty(); }));
  shown.steps_total =
      std::max(shown.steps_total, listed_outside + static_cast<std::size_t>(inside->total()));
  shown.is_total_cut = inside->is_partial();
  return shown;
}

// --- single steps -----------------------------------------------------------------------------------

Result<std::vector<StepDetail>> RunDetails::details(const ProjectId& project,
                                                    const ExecutionId& execution,
                                                    std::size_t elements_max) const {
  auto run = open(project, execution);
  if (!run) return run.error();
  std::vector<StepDetail> details;
  ShownValues values(store_, execution, run->secrets);
  StepHistory history(
      run->versions, execution, children_of(store_, execution, *run->secrets, elements_max),
      [&](StepFinding&& finding) {
        for (const auto index : finding.step.indexes) {
          if (index >= elements_max) return;
        }
        details.push_back(values.detail_of(std::move(finding)));
      },
      {}, run->repeated);
  auto replayed = history.replay(run->branches->root_events());
  if (!replayed) return replayed.error();
  return details;
}

Result<bool> RunDetails::may_have_begun_in(Run& run, const BranchPath& branch) const {
  if (branch.is_root()) return true;
  BranchPath parent = branch;
  const BranchPath::Element element = parent.elements.back();
  parent.elements.pop_back();
  const auto fan_outs = run.branches->fan_outs(parent);
  if (!fan_outs) return fan_outs.error();
  for (const auto& each : **fan_outs) {
    const OpenedFanOut& opened = each->opened();
    // Of one that has ended, an element has a journal or has not begun.
    if (opened.number != element.fan_out || !opened.is_open()) continue;
    const auto end = begun_end(run, parent, opened);
    if (!end) return end.error();
    return element.index < *end;
  }
  return true;
}

Outcome RunDetails::find_step(Run& run, const std::string& id,
                              const std::function<void(StepFinding&&)>& take) const {
  if (id == trigger_step_id) {
    take(trigger_finding(*run.versions->first(), run.branches->root_events().front()));
    return Done{};
  }
  for (const StepPosition& place : positions_of(*run.versions, id)) {
    const auto begun = may_have_begun_in(run, place.branch);
    const bool is_unknown = !begun && begun.error().code == ErrorCode::not_found;
    if (!begun && !is_unknown) return begun.error();
    if (is_unknown || !*begun) continue;
    bool is_found = false;
    Finder finder(*place.step, Finder::Sizes::measured, [&](StepFinding&& finding) {
      is_found = true;
      take(std::move(finding));
    });
    auto replayed = run.branches->replay(place.branch, finder);
    if (!replayed && replayed.error().code != ErrorCode::not_found) return replayed;
    if (is_found) return Done{};
  }
  return no_such_step(run.summary.id, id);
}

Result<StepDetail> RunDetails::step(const ProjectId& project, const ExecutionId& execution,
                                    const std::string& step_execution_id) const {
  auto run = open(project, execution);
  if (!run) return run.error();
  ShownValues values(store_, execution, run->secrets);
  StepDetail detail;
  auto found = find_step(*run, step_execution_id, [&](StepFinding&& finding) {
    detail = values.detail_of(std::move(finding));
  });
  if (!found) return found.error();
  return detail;
}

Result<Json> RunDetails::value(const ProjectId& project, const ExecutionId& execution,
                               const std::string& step_execution_id, Part part) const {
  auto run = open(project, execution);
  if (!run) return run.error();
  Json value;
  auto found = find_step(*run, step_execution_id, [&](StepFinding&& finding) {
    if (part == Part::input) {
      value = finding.before == nullptr ? Json(nullptr) : shown_input(*finding.before);
    } else {
      value = finding.output ? *finding.output : Json(nullptr);
    }
  });
  if (!found) return found.error();
  run->secrets->known()->apply_to(value);
  return value;
}

}  // namespace millrace
