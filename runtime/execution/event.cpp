#include "runtime/execution/event.h"

namespace millrace {

std::uint32_t tasks_of(const EventBody& event) {
  return std::visit(
      [](const auto& body) -> std::uint32_t {
        if constexpr (requires { body.tasks; }) {
          return body.tasks;
        } else {
          return 0;
        }
      },
      event);
}

std::uint32_t settled_tasks(const EventBody& event) {
  const bool is_own =
      std::holds_alternative<StepCompleted>(event) || std::holds_alternative<PageFetched>(event);
  return is_own ? tasks_of(event) : 0;
}

std::string_view event_name(EventKind kind) {
  switch (kind) {
    case EventKind::execution_started:
      return "ExecutionStarted";
    case EventKind::step_completed:
      return "StepCompleted";
    case EventKind::step_failed:
      return "StepFailed";
    case EventKind::delay_armed:
      return "DelayArmed";
    case EventKind::delay_elapsed:
      return "DelayElapsed";
    case EventKind::fan_out_opened:
      return "FanOutOpened";
    case EventKind::fan_out_joined:
      return "FanOutJoined";
    case EventKind::cancel_requested:
      return "CancelRequested";
    case EventKind::execution_ended:
      return "ExecutionEnded";
    case EventKind::page_fetched:
      return "PageFetched";
    case EventKind::request_paused:
      return "RequestPaused";
    case EventKind::execution_migrated:
      return "ExecutionMigrated";
  }
  return "Unknown";
}

}  // namespace millrace
