#pragma once
// A journal as people read it: one numbered line an event, with what it is about.
//
//   1 ExecutionStarted
//   2 StepFailed normalise attempt 1: function_threw "boom", retry in 10s
//   3 StepCompleted normalise attempt 2 {"result":1} @10s
//   4 DelayArmed wait 1d @10s
//
// `@` is the time since `start`; it is left out at the start itself.

#include "runtime/execution/branch_path.h"
#include "runtime/execution/event.h"
#include "runtime/workflows/workflow.h"

#include <string>
#include <vector>

namespace millrace {

enum class ListedTimes : std::uint8_t { shown, hidden };

std::vector<std::string> list_journal(const Workflow& workflow, const std::vector<Event>& events,
                                      Instant start, ListedTimes times = ListedTimes::shown);

/// "each[3]", "each[3].inner[0]"; "root" for the root.
std::string path_text(const Workflow& workflow, const BranchPath& path);

/// "1d", "90s", "1500ms": the largest unit that divides it.
std::string span_text(Millis span);

}  // namespace millrace
