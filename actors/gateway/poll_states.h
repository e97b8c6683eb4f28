#pragma once
// What can be said of the polls of a user's accounts: when each has looked, when it looks next, and what is wrong.
// What fails is in the rows; when a poll that does not fail has looked last is known since the start of the
// server alone, because such a look writes no row. Thread-safe.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/recent_map.h"
#include "runtime/base/result.h"
#include "storage/tables/poll_table.h"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct PollState {
  WorkflowId workflow;
  std::string credential;
  bool is_failing = false;
  std::optional<Instant> last;  // nothing: not since the start
  std::optional<Instant> next;  // nothing: the workflow is not polled any more
  std::string code;             // of the failure, on the wire
  std::string message;
};

class PollStates {
 public:
  static constexpr std::size_t known_max = 100'000;

  explicit PollStates(const storage::OrderedStore& store) : table_(store) {}

  /// Blocks on the disk. Errors: those of the store.
  Result<std::vector<PollState>> of_user(const ProjectId& project, const UserId& user, Instant now);

  /// By the key of the account's row.
  void note_look(const std::string& key, Instant at);

 private:
  const storage::PollTable table_;
  std::mutex mutex_;
  RecentMap<std::string, Instant> looks_{known_max};
};

}  // namespace millrace
