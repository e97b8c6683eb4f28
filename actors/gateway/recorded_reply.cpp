#include "actors/gateway/recorded_reply.h"

#include "actors/runs/read_files.h"
#include "runtime/execution/event_codec.h"
#include "runtime/execution/response_answer.h"

#include <utility>

namespace millrace {
namespace {

/// As whoever waits for the run's end is told (tree/run_summary.cpp).
TriggerReply reply_at_end(const ExecutionSummary& summary, const Workflow& workflow,
                          const ExecutionEnded& how) {
  if (how.status == ExecutionStatus::succeeded) return RunAccepted{summary.id, summary.started};
  const auto& steps = workflow.by_index;
  StepId step = how.step && *how.step < steps.size() ? steps[*how.step]->id : StepId{};
  return RunFailed{summary.id, std::move(step), Error(how.code, how.message)};
}

/// That its run is on from this event on.
WorkflowVersion version_from(const Event& event, const Workflow& now) {
  if (const auto* const started = std::get_if<ExecutionStarted>(&event.body)) {
    return started->version;
  }
  const auto* const moved = std::get_if<ExecutionMigrated>(&event.body);
  return moved != nullptr ? moved->to : now.version;
}

TriggerReply reply_of(ResponseAnswer answer, const ExecutionId& execution,
                      const StoredFiles& files) {
  RunResponded reply{execution, answer.status, std::move(answer.headers), std::move(answer.body),
                     std::nullopt};
  if (answer.file) {
    reply.file = RunResponded::File{std::move(answer.file->name), std::move(answer.file->mime_type),
                                    nullptr};
    if (auto* const bytes = std::get_if<SharedBytes>(&answer.file->content)) {
      reply.file->bytes = std::move(*bytes);
    }
  }
  if (answer.files.empty()) return reply;
  return reply_with_files(files, std::move(reply), answer.files);
}

}  // namespace

Result<std::optional<TriggerReply>> RecordedReplies::find(const ExecutionId& execution) const {
  const auto summary = table_.summary(execution);
  if (!summary) return summary.error();
  if (!*summary) return Error(ErrorCode::not_found, "the run of this key was removed");
  const ExecutionSummary& known = **summary;
  const auto workflow = workflows_.version(known.project, known.workflow, known.version);
  if (!workflow) return workflow.error();
  // Versions that it was on before may have had what this one has not.
  if (!(*workflow)->has_response && !known.migrated) {
    return std::optional<TriggerReply>(RunAccepted{execution, known.started});
  }
  const auto pages = table_.pages(execution, BranchPath{}, 0);
  if (!pages) return pages.error();
  const auto secrets = std::make_shared<RunSecrets>(sealer_, execution);
  std::shared_ptr<const Workflow> now = *workflow;
  for (const auto& page : *pages) {
    const auto events = read_journal_page(page.events, secrets->opener());
    if (!events) return events.error();
    for (const Event& event : *events) {
      if (const WorkflowVersion version = version_from(event, *now); version != now->version) {
        auto other = workflows_.version(known.project, known.workflow, version);
        if (!other) return other.error();
        now = std::move(*other);
      }
      if (auto answer = response_answer(*now, event)) {
        return std::optional(
            reply_of(std::move(*answer), execution, StoredFiles(store_, execution, secrets)));
      }
      if (const auto* const how = std::get_if<ExecutionEnded>(&event.body)) {
        return std::optional(reply_at_end(known, *now, *how));
      }
    }
  }
  return std::optional<TriggerReply>();
}

}  // namespace millrace
