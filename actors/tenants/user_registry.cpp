#include "actors/tenants/user_registry.h"

#include "runtime/base/limits.h"

#include <memory>
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

/// What the user is after the change. Error: limit_exceeded.
Result<ConnectedUser> changed(ConnectedUser user, const UserRegistry::Change& change) {
  if (change.meta) merge(user.meta, *change.meta);
  if (change.is_disabled) user.is_disabled = *change.is_disabled;
  user.meta_bytes = to_text(user.meta).size();
  if (user.meta_bytes <= limits::user_meta_bytes_max) return user;
  return Error(
      ErrorCode::limit_exceeded,
      "the meta of a user has at most " + std::to_string(limits::user_meta_bytes_max) + " bytes");
}

ConnectedUser or_new(const SharedUser& known, const UserId& id, Instant now) {
  return known != nullptr ? *known : ConnectedUser{id, {}, false, now, 0};
}

/// `now` with that user in place of its own; adds the user's row.
SharedUserView with_user(const UserView& now, const ProjectId& project, ConnectedUser user,
                         storage::WriteBatch& batch) {
  storage::UserTable::put(
      batch, {project, user.id, to_text(user.meta), user.is_disabled, user.first_seen});
  auto next = std::make_shared<UserView>(now);
  next->user = std::make_shared<const ConnectedUser>(std::move(user));
  return next;
}

}  // namespace

void UserRegistry::see(const ProjectId& project, const UserId& user) {
  const UserKey key{project, user};
  const auto place = users_.open(key);
  if (!place || (*place)->get()->user != nullptr) return;
  ignore_result(users_.change_soon(
                    key,
                    [&](const UserView& now, storage::WriteBatch& batch) -> Result<SharedUserView> {
                      if (now.user != nullptr) return SharedUserView();  // somebody was faster
                      return with_user(now, project, or_new(nullptr, user, clock_.now()), batch);
                    }),
                "the user's next request sees it");
}

Result<SharedUser> UserRegistry::change(const ProjectId& project, const UserId& user,
                                        const Change& change) {
  if (user.empty() || user.text.size() > limits::id_bytes_max) {
    return Error(ErrorCode::invalid_request,
                 "a user's id has 1 to " + std::to_string(limits::id_bytes_max) + " bytes");
  }
  const UserKey key{project, user};
  const auto known = users_.now(key);
  if (!known) return known.error();
  const auto possible = changed(or_new((*known)->user, user, clock_.now()), change);
  if (!possible) return possible.error();
  // First, so that nobody who meets the user meanwhile has to wait for this commit.
  see(project, user);
  SharedUser done;
  auto stored = users_.change(
      key, [&](const UserView& now, storage::WriteBatch& batch) -> Result<SharedUserView> {
        auto next = changed(or_new(now.user, user, clock_.now()), change);
        if (!next) return next.error();
        auto view = with_user(now, project, std::move(*next), batch);
        done = view->user;
        return view;
      });
  if (!stored) return stored.error();
  return done;
}

Result<SharedUser> UserRegistry::find(const ProjectId& project, const UserId& user) const {
  const auto view = users_.now({project, user});
  if (!view) return view.error();
  return (*view)->user;
}

Result<UserRegistry::Page> UserRegistry::list(const ProjectId& project,
                                              const PageQuery& query) const {
  users_.commits().settle();  // who was seen a moment ago is on the disk then
  auto rows = table_.list({project, query.after, query.offset, query.limit, total_max});
  if (!rows) return rows.error();
  Page page{{}, rows->has_more, rows->total};
  for (const auto& row : rows->users) {
    auto user = user_of(row);
    if (!user) return user.error();
    page.users.push_back(std::move(*user));
  }
  return page;
}

}  // namespace millrace
