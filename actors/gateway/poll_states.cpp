#include "actors/gateway/poll_states.h"

#include "runtime/polls/poll_pace.h"

#include <utility>

namespace millrace {

Result<std::vector<PollState>> PollStates::of_user(const ProjectId& project, const UserId& user,
                                                   Instant now) {
  auto rows = table_.list(project, user);
  if (!rows) return rows.error();
  std::vector<PollState> states;
  for (auto& row : *rows) {
    const std::string key = storage::PollTable::key_of(row);
    PollState state{row.workflow, row.credential, row.failures > 0, {}, {}, {}, {}};
    if (state.is_failing) {
      state.last = row.failed;
      state.next = row.due;
      state.code = std::move(row.code);
      state.message = std::move(row.message);
    } else {
      const auto live = table_.find(project, row.workflow);
      if (!live) return live.error();
      if (*live) state.next = next_look(key, (*live)->interval, now);
      const std::lock_guard lock(mutex_);
      if (const Instant* const last = looks_.find(key)) state.last = *last;
    }
    states.push_back(std::move(state));
  }
  return states;
}

void PollStates::note_look(const std::string& key, Instant at) {
  const std::lock_guard lock(mutex_);
  looks_.put(key, at);
}

}  // namespace millrace
