#include "actors/observation/failed_run_log.h"

#include <exception>
#include <string>
#include <utility>

namespace millrace {

FailedRunLog::FailedRunLog(const Clock& clock, LogSink log, FailedRunLogOptions options)
    : clock_(clock), log_(std::move(log)), options_(options) {}

void FailedRunLog::durable(const DurableEvents& durable) {
  for (const ObservedEvent& event : durable.events) {
    if (event.kind != EventKind::execution_ended || event.status != ExecutionStatus::failed)
      continue;
    if (!may_write()) {
      ++left_out_;
      continue;
    }
    try {
      write(durable, event);
    } catch (const std::exception&) {  // without memory a line is lost, never a commit
      ++left_out_;
    }
  }
}

bool FailedRunLog::may_write() {
  const Moment now = clock_.moment();
  if (now >= window_end_) {
    window_end_ = now + options_.window;
    lines_ = 0;
  }
  if (lines_ >= options_.lines_max) return false;
  ++lines_;
  return true;
}

void FailedRunLog::write(const DurableEvents& durable, const ObservedEvent& end) {
  const Workflow& workflow = *durable.workflow;
  std::string line = "run failed: execution " + durable.execution.text() + ", project " +
                     durable.project.text + ", workflow " + workflow.id.text + " version " +
                     std::to_string(workflow.version);
  if (end.step < workflow.by_index.size()) {
    line += ", step " + workflow.by_index[end.step]->id.text;
  }
  line += ", code ";
  line += wire_name(end.error.value_or(ErrorCode::internal_error));
  if (left_out_ > 0)
    line += " (" + std::to_string(left_out_) + " failed runs before it not logged)";
  log_(LogLevel::warning, line);
  left_out_ = 0;
}

}  // namespace millrace
