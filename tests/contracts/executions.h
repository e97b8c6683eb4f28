#pragma once
// Executions for the table tests: ids and summaries from numbers, the same in every run.

#include "runtime/base/execution_id.h"
#include "runtime/execution/execution_summary.h"

#include <string>

namespace millrace::tests {

/// Counts instead of drawing: ids differ and are the same in every run.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    ++count_;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(count_ >> (8 * (i % 4)));
    }
  }

 private:
  std::uint32_t count_ = 0;
};

inline Instant at(std::int64_t ms) { return Instant(Millis(ms)); }

inline ExecutionId id_for(const std::string& project, const std::string& user, Instant started,
                          Random& random) {
  return ExecutionId::make(shard_of(ProjectId(project), UserId(user)), started, random);
}

inline ExecutionSummary summary_for(const std::string& project, const std::string& user,
                                    Instant started, Random& random) {
  ExecutionSummary summary;
  summary.id = id_for(project, user, started, random);
  summary.project = ProjectId(project);
  summary.user = UserId(user);
  summary.workflow = WorkflowId("workflow");
  summary.version = 1;
  summary.started = started;
  return summary;
}

inline bool is_same(const ExecutionSummary& a, const ExecutionSummary& b) {
  return a.id == b.id && a.project == b.project && a.user == b.user && a.workflow == b.workflow &&
         a.version == b.version && a.integration == b.integration && a.status == b.status &&
         a.tasks == b.tasks && a.started == b.started && a.ended == b.ended &&
         a.priority == b.priority;
}

}  // namespace millrace::tests
