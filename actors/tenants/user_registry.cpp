#include "actors/tenants/user_registry.h"

#include "actors/shards/shard_ownership.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace {
namespace {

void merge(JsonObject& meta, const JsonObject& changes) {
  for (const auto& member : changes) {
    if (member.value().is_null()) {
      meta.erase(member.key());
    } else {
      meta.insert_or_assign(member.key(), member.value());
    }
  }
}

}  // namespace

UserRegistry::UserRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
                           const ShardOwnership& ownership, const Clock& clock)
    : table_(store), commits_(commits), ownership_(ownership), clock_(clock) {}

Outcome UserRegistry::load() {
  std::map<ProjectId, Users> projects;
  const auto read = table_.visit(ShardSet::all(), [&](storage::UserRow row) -> Outcome {
    auto meta = parse_json(row.meta, limits::stored_depth_max);
    if (!meta || !meta->is_object()) {
      return Error(ErrorCode::corrupt_data, "the meta of a stored user is no JSON object");
    }
    auto user = std::make_shared<ConnectedUser>(
        ConnectedUser{row.user, std::move(meta->get_object()), row.is_disabled, row.first_seen});
    projects[row.project][row.user] = std::move(user);
    return Done{};
  });
  if (!read) return read;
  const std::unique_lock lock(mutex_);
  projects_ = std::move(projects);
  return Done{};
}

storage::WriteBatch UserRegistry::batch_for(const ProjectId& project,
                                            const ConnectedUser& user) const {
  storage::WriteBatch batch;
  storage::UserTable::put(
      batch, {project, user.id, to_text(user.meta), user.is_disabled, user.first_seen});
  batch.require(ownership_.fence_or_refusal(shard_of(project, user.id)));
  return batch;
}

void UserRegistry::see(const ProjectId& project, const UserId& user) {
  if (find(project, user) != nullptr) return;
  const std::unique_lock lock(mutex_);
  auto& slot = projects_[project][user];
  if (slot != nullptr) return;
  slot = std::make_shared<const ConnectedUser>(ConnectedUser{user, {}, false, clock_.now()});
  // Under the lock: whoever finds the user and changes it commits after this.
  commits_.submit(batch_for(project, *slot), storage::Urgency::lazy, {});
}

Result<SharedUser> UserRegistry::change(const ProjectId& project, const UserId& user,
                                        const Change& change) {
  if (user.empty() || user.text.size() > limits::id_bytes_max) {
    return Error(ErrorCode::invalid_request,
                 "a user's id has 1 to " + std::to_string(limits::id_bytes_max) + " bytes");
  }
  const std::lock_guard writing(writing_);
  const SharedUser now = find(project, user);
  auto next = std::make_shared<ConnectedUser>(
      now != nullptr ? *now : ConnectedUser{user, {}, false, clock_.now()});
  if (change.meta) merge(next->meta, *change.meta);
  if (change.is_disabled) next->is_disabled = *change.is_disabled;
  if (to_text(next->meta).size() > limits::user_meta_bytes_max) {
    return Error(
        ErrorCode::limit_exceeded,
        "the meta of a user has at most " + std::to_string(limits::user_meta_bytes_max) + " bytes");
  }
  // The row of the first sight goes ahead: written by a request that meets the user meanwhile, it would
  // undo this change.
  see(project, user);
  if (auto stored = commits_.commit_and_wait(batch_for(project, *next)); !stored) {
    return stored.error();
  }
  const std::unique_lock lock(mutex_);
  projects_[project][user] = next;
  return SharedUser(std::move(next));
}

SharedUser UserRegistry::find(const ProjectId& project, const UserId& user) const {
  const std::shared_lock lock(mutex_);
  const auto users = projects_.find(project);
  if (users == projects_.end()) return nullptr;
  const auto found = users->second.find(user);
  return found == users->second.end() ? nullptr : found->second;
}

UserRegistry::Page UserRegistry::list(const ProjectId& project, std::size_t offset,
                                      std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  Page page;
  const auto users = projects_.find(project);
  if (users == projects_.end()) return page;
  page.total = users->second.size();
  const auto skipped = static_cast<std::ptrdiff_t>(std::min(offset, page.total));
  auto next = std::next(users->second.begin(), skipped);
  for (; next != users->second.end() && page.users.size() < limit; ++next) {
    page.users.push_back(next->second);
  }
  return page;
}

}  // namespace millrace
