#pragma once
// What can be said of the polls of a user's accounts: when each has looked, when it looks next, and what is wrong.
// What fails is in the rows; when a poll that does not fail has looked last, and what one waits for that may not run
// (it finds no room in its project, say), is known since the start of the server alone, because neither writes a row:
// the next look meets it again. Thread-safe.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"
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
  /// Its last look has met something that is to change before it, or what it finds, may run. Then it does not count
  /// as failing, whatever its looks before have met.
  bool is_waiting = false;
  bool is_failing = false;
  std::optional<Instant> last;  // nothing: not since the start
  std::optional<Instant> next;  // nothing: the workflow is not polled any more
  std::string code;             // of the failure, or of what it waits for, on the wire
  std::string message;
};

class PollStates {
 public:
  static constexpr std::size_t known_max = 100'000;

  explicit PollStates(const storage::OrderedStore& store) : table_(store) {}

  /// Blocks on the disk. Errors: those of the store.
  Result<std::vector<PollState>> of_user(const ProjectId& project, const UserId& user, Instant now);

  // By the key of the account's row:
  void note_look(const std::string& key, Instant at);
  /// It waits: `why` may be shown to the user.
  void note_wait(const std::string& key, const Error& why);
  /// It waits for nothing any more.
  void note_through(const std::string& key);

 private:
  struct Wait {
    ErrorCode code = ErrorCode::internal_error;
    std::string message;
  };

  std::optional<Wait> wait_of(const std::string& key);

  const storage::PollTable table_;
  std::mutex mutex_;
  RecentMap<std::string, Instant> looks_{known_max};
  RecentMap<std::string, Wait> waits_{known_max};
};

}  // namespace millrace
