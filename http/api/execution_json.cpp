#include "http/api/execution_json.h"

#include "runtime/base/limits.h"

namespace millrace {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json date_or_null(const std::optional<Instant>& instant) {
  return instant ? Json(to_text(*instant)) : Json(nullptr);
}

}  // namespace

JsonObject execution_json(const ExecutionSummary& summary) {
  // Milliseconds, once the run has ended.
  const Json duration = summary.ended ? Json((*summary.ended - summary.started).count()) : nullptr;
  JsonObject object{{"id", summary.id.text()},
                    {"userId", summary.user.text},
                    {"taskCount", summary.tasks},
                    {"runDuration", duration},
                    {"workflowId", summary.workflow.text},
                    {"workflowVersion", summary.version},
                    {"integration", text_or_null(summary.integration)},
                    {"status", wire_name(summary.status)},
                    {"dateStarted", to_text(summary.started)},
                    {"dateEnded", date_or_null(summary.ended)}};
  if (summary.replay_of) object["replayOf"] = summary.replay_of->text();
  return object;
}

JsonObject failure_json(const ErrorDetail& failure) {
  return {
      {"stepId", text_or_null(failure.step)}, {"code", failure.got}, {"message", failure.message}};
}

bool is_large(const Json& value) { return to_text(value).size() > limits::shown_value_bytes_max; }

}  // namespace millrace
