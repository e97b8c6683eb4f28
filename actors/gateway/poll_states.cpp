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
    PollState state;
    state.workflow = row.workflow;
    state.credential = row.credential;
    auto wait = wait_of(key);
    state.is_waiting = wait.has_value();
    state.is_failing = row.failures > 0 && !wait;
    if (row.failures > 0) {
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
    if (wait) {
      state.code = wire_name(public_code(wait->code));
      state.message = std::move(wait->message);
    }
    states.push_back(std::move(state));
  }
  return states;
}

void PollStates::note_look(const std::string& key, Instant at) {
  const std::lock_guard lock(mutex_);
  looks_.put(key, at);
}

void PollStates::note_wait(const std::string& key, const Error& why) {
  const std::lock_guard lock(mutex_);
  waits_.put(key, {why.code, why.message});
}

void PollStates::note_through(const std::string& key) {
  const std::lock_guard lock(mutex_);
  waits_.erase(key);
}

std::optional<PollStates::Wait> PollStates::wait_of(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const Wait* const wait = waits_.peek(key);
  return wait == nullptr ? std::nullopt : std::optional(*wait);
}

}  // namespace millrace
