#include "actors/tenants/follow_poll.h"

#include "runtime/digests/sha256.h"
#include "runtime/polls/poll_pace.h"

#include <string>
#include <utility>

namespace millrace {
namespace {

/// Equal for polls that go on from one another.
std::string identity_of(const Workflow& workflow, const Poll& poll) {
  std::string text = workflow.integration + '\n' + poll.text;
  const auto* const offered = std::get_if<IntegrationTrigger>(&workflow.trigger);
  if (offered != nullptr) text += '\n' + to_text(offered->parameters);
  const Sha256 digest = sha256(text);
  return {digest.begin(), digest.end()};
}

}  // namespace

Result<std::optional<storage::WakeRow>> follow_poll(const storage::OrderedStore& store,
                                                    storage::WriteBatch& batch,
                                                    const ProjectId& project, const WorkflowId& id,
                                                    const Workflow* live, Instant now) {
  const Poll* const poll = live == nullptr ? nullptr : poll_of(live->trigger);
  const auto before = storage::PollTable(store).find(project, id);
  if (!before) return before.error();
  if (poll == nullptr) {
    if (*before) storage::PollTable::remove(batch, **before);
    return std::optional<storage::WakeRow>();
  }
  storage::PolledWorkflowRow next{project, id, identity_of(*live, *poll), now, poll->interval};
  if (*before && (*before)->poll == next.poll) next.begun = (*before)->begun;
  storage::PollTable::put(batch, next);
  auto wake = storage::PollTable::wake_of(next, now);
  storage::WakeTable::put(batch, wake);
  return std::optional(std::move(wake));
}

Result<std::optional<storage::WakeRow>> begin_poll(const storage::OrderedStore& store,
                                                   storage::WriteBatch& batch,
                                                   const storage::PolledWorkflowRow& workflow,
                                                   const UserId& user,
                                                   const std::string& credential, Instant now) {
  storage::PolledAccountRow row;
  row.project = workflow.project;
  row.user = user;
  row.workflow = workflow.workflow;
  row.credential = credential;
  row.begun = workflow.begun;
  const std::string key = storage::PollTable::key_of(row);
  const auto before = storage::PollTable(store).find_account(key);
  if (!before) return before.error();
  if (*before) return std::optional<storage::WakeRow>();
  storage::PollTable::put(batch, row);
  auto wake = storage::PollTable::wake_of(row, first_look(key, workflow.interval, now));
  storage::WakeTable::put(batch, wake);
  return std::optional(std::move(wake));
}

}  // namespace millrace
