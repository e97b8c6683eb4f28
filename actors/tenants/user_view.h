#pragma once
// Everything that runs and requests need of one user of a project, as it was at one moment: who it is and
// which accounts it has connected. An immutable value whose parts are shared between changes.

#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/shard.h"
#include "runtime/integrations/credential.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace {

struct UserKey {
  ProjectId project;
  UserId user;
  bool operator==(const UserKey&) const = default;
};
inline ShardId shard_of(const UserKey& key) { return shard_of(key.project, key.user); }

struct ConnectedUser {
  UserId id;
  JsonObject meta;
  bool is_disabled = false;
  Instant first_seen{};
  std::size_t meta_bytes = 0;  // as JSON text
};
using SharedUser = std::shared_ptr<const ConnectedUser>;

/// A connected account. Its secret fields are sealed on the disk and in plain text in memory alone.
struct HeldCredential {
  SharedCredential credential;
  std::optional<Error> lock;  // why the secret fields do not open: secrets_locked or corrupt_data
  std::size_t bytes = 0;      // of its row
};

/// An account, and one of its configurations.
struct ConfiguredAccount {
  SharedCredential credential;                   // null: there is none
  const Configuration* configuration = nullptr;  // of it; null: the default one

  std::string text() const;  // account_text.h
};

/// How a caller names an account and a configuration: by an id or an external id each, or not at all.
struct AccountNames {
  std::string credential;
  std::string configuration;
};

struct UserView {
  SharedUser user;                          // null: never seen
  std::vector<HeldCredential> credentials;  // in the order of connecting

  /// The account of that id or external id, if it belongs to the integration; `id` empty: the first valid one,
  /// else the first. `integration` empty: of any. Null if there is none.
  SharedCredential find(std::string_view integration, std::string_view id = {}) const;
  /// All that are meant, those that are valid first. A configuration that is not named is the default one.
  std::vector<ConfiguredAccount> named(std::string_view integration,
                                       const AccountNames& names) const;
  /// What a text (account_text.h) stands for. The configuration that it names may be gone: then there is
  /// none.
  ConfiguredAccount at(std::string_view integration, std::string_view text) const;
  /// `integration` empty: of all.
  std::vector<SharedCredential> list(std::string_view integration = {}) const;
  std::optional<Error> why_locked(std::string_view id) const;

  bool is_disabled() const { return user != nullptr && user->is_disabled; }
  bool exists() const { return user != nullptr || !credentials.empty(); }
  std::size_t bytes() const;
};

using SharedUserView = std::shared_ptr<const UserView>;

}  // namespace millrace

template <>
struct std::hash<millrace::UserKey> {
  std::size_t operator()(const millrace::UserKey& key) const noexcept {
    return std::hash<millrace::ProjectId>{}(key.project) * 31 +
           std::hash<millrace::UserId>{}(key.user);
  }
};
