#include "actors/gateway/task_history.h"

#include "actors/runs/stored_files.h"
#include "actors/tenants/workflow_library.h"
#include "runtime/execution/event_codec.h"
#include "runtime/files/file_value.h"
#include "runtime/history/step_history.h"
#include "storage/tables/execution_table.h"

#include <unordered_map>

namespace millrace {
namespace {

Error no_execution(const ExecutionId& id) {
  return Error(ErrorCode::not_found, "no execution " + id.text());
}

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

/// Values of one run for the eye: without its secrets, with its files up to
/// limits::shown_files_bytes_max together. A file that is too much, or cannot be read, keeps its handle.
class ShownValues {
 public:
  ShownValues(const storage::OrderedStore& store, const ExecutionId& execution,
              std::shared_ptr<RunSecrets> secrets)
      : secrets_(std::move(secrets)),
        files_([stored = StoredFiles(store, execution, secrets_), secrets = secrets_](
                   const FileHandle& file) { return bytes_of(stored, *secrets, file); },
               limits::shown_files_bytes_max) {}

  void show(Json& value) {
    secrets_->known()->apply_to(value);
    expand_file_handles(value, std::ref(files_));
  }
  void show(std::string& text) { text = secrets_->known()->apply(std::move(text)); }
  /// Part of it is put together here, of what the run was given.
  void show(StepAttempt& attempt) {
    if (attempt.error) show(attempt.error->message);
    secrets_->known()->apply_to(attempt.request);
    if (attempt.response == nullptr) return;
    Json response = *attempt.response;
    show(response);
    attempt.response = share(std::move(response));
  }

 private:
  static SharedBytes bytes_of(const StoredFiles& stored, const RunSecrets& secrets,
                              const FileHandle& file) {
    auto bytes = stored.get(file);
    if (!bytes || *bytes == nullptr) return nullptr;
    const auto known = secrets.known();
    if (!known->finds_any(**bytes)) return std::move(*bytes);
    return std::make_shared<const std::string>(known->apply(**bytes));
  }

  const std::shared_ptr<RunSecrets> secrets_;
  FileBudget files_;
};

StepDetail detail_of(StepHistory::Finding finding, ShownValues& values) {
  StepDetail detail;
  detail.input = finding.before == nullptr ? Json(nullptr) : shown_input(*finding.before);
  detail.output = finding.output ? *finding.output : Json(nullptr);
  values.show(detail.input);
  values.show(detail.output);
  for (auto& attempt : finding.step.attempts) values.show(attempt);
  for (auto& line : finding.console) {
    values.show(line.text);
    detail.console.emplace_back(std::move(line.level), std::move(line.text));
  }
  detail.step = std::move(finding.step);
  return detail;
}

}  // namespace

TaskHistory::TaskHistory(const storage::OrderedStore& store, WorkflowLibrary& workflows,
                         const storage::Sealer& sealer, storage::HistoryIndex* index)
    : store_(store), workflows_(workflows), sealer_(sealer), index_(index) {}

Result<ExecutionSummary> TaskHistory::summary(const ProjectId& project,
                                              const ExecutionId& execution) const {
  auto summary = storage::ExecutionTable(store_).summary(execution);
  if (!summary) return summary.error();
  if (!*summary || (*summary)->project != project) return no_execution(execution);
  return std::move(**summary);
}

Outcome TaskHistory::replay(const ExecutionSummary& summary, RunSecrets& secrets,
                            const std::function<void(StepHistory::Finding&&)>& visit,
                            std::vector<Event>* root_events) const {
  auto workflow = workflows_.version(summary.project, summary.workflow, summary.version);
  if (!workflow) return workflow.error();
  const storage::ExecutionTable table(store_);
  auto pages = table.pages(summary.id, BranchPath{});
  if (!pages) return pages.error();
  auto events = events_of(*pages, secrets);
  if (!events) return events.error();
  const auto read_children = [&](const BranchPath& parent, StepIndex fan_out,
                                 const StepHistory::TakeChild& take) -> Outcome {
    Outcome problem = Done{};
    auto scanned =
        table.children(summary.id, parent, fan_out,
                       [&](std::uint32_t index, std::vector<storage::JournalPage> child_pages) {
                         auto child_events = events_of(child_pages, secrets);
                         if (!child_events) {
                           problem = child_events.error();
                           return false;
                         }
                         return take(index, *child_events);
                       });
    if (!scanned) return scanned;
    return problem;
  };
  StepHistory history(*workflow, summary.id, read_children, visit);
  auto replayed = history.replay(*events);
  if (root_events != nullptr) *root_events = std::move(*events);
  return replayed;
}

Result<TaskHistory::Execution> TaskHistory::show(const ProjectId& project,
                                                 const ExecutionId& execution) const {
  auto summary_row = summary(project, execution);
  if (!summary_row) return summary_row.error();
  Execution shown;
  shown.summary = std::move(*summary_row);
  std::vector<Event> events;
  RunSecrets secrets(sealer_, execution);
  auto replayed = replay(
      shown.summary, secrets,
      [&](StepHistory::Finding&& finding) { shown.steps.push_back(std::move(finding.step)); },
      &events);
  if (!replayed) return replayed.error();
  link_next(shown.steps);
  shown.failure = failure_of(shown.summary, events);
  for (const Event& event : events) {
    const auto* const cancel = std::get_if<CancelRequested>(&event.body);
    if (cancel != nullptr && !cancel->reason.empty()) {
      shown.cancelled = Error(cancel->code, cancel->reason);
    }
  }
  return shown;
}

std::optional<ErrorDetail> TaskHistory::failure_of(const ExecutionSummary& summary,
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

Result<TaskHistory::Outline> TaskHistory::outline(const ProjectId& project,
                                                  const ExecutionId& execution) const {
  auto row = summary(project, execution);
  if (!row) return row.error();
  Outline outline{std::move(*row), std::nullopt};
  if (outline.summary.status != ExecutionStatus::failed) return outline;
  auto pages = storage::ExecutionTable(store_).pages(execution, BranchPath{});
  if (!pages) return pages.error();
  RunSecrets secrets(sealer_, execution);
  auto events = events_of(*pages, secrets);
  if (!events) return events.error();
  outline.failure = failure_of(outline.summary, *events);
  return outline;
}

Result<std::vector<StepDetail>> TaskHistory::details(const ProjectId& project,
                                                     const ExecutionId& execution,
                                                     std::size_t elements_max) const {
  auto summary_row = summary(project, execution);
  if (!summary_row) return summary_row.error();
  std::vector<StepDetail> details;
  const auto secrets = std::make_shared<RunSecrets>(sealer_, execution);
  ShownValues values(store_, execution, secrets);
  auto replayed = replay(
      *summary_row, *secrets,
      [&](StepHistory::Finding&& finding) {
        for (const auto index : finding.step.indexes) {
          if (index >= elements_max) return;
        }
        details.push_back(detail_of(std::move(finding), values));
      },
      nullptr);
  if (!replayed) return replayed.error();
  return details;
}

Result<StepDetail> TaskHistory::step(const ProjectId& project, const ExecutionId& execution,
                                     const std::string& step_execution_id) const {
  auto summary_row = summary(project, execution);
  if (!summary_row) return summary_row.error();
  std::optional<StepDetail> detail;
  const auto secrets = std::make_shared<RunSecrets>(sealer_, execution);
  ShownValues values(store_, execution, secrets);
  auto replayed = replay(
      *summary_row, *secrets,
      [&](StepHistory::Finding&& finding) {
        if (finding.step.id != step_execution_id) return;
        detail = detail_of(std::move(finding), values);
      },
      nullptr);
  if (!replayed) return replayed.error();
  if (!detail) {
    return Error(ErrorCode::not_found, "execution " + execution.text() +
                                           " has no step execution \"" + step_execution_id + "\"");
  }
  return std::move(*detail);
}

}  // namespace millrace
