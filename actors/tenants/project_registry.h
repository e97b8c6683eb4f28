#pragma once
// Projects, their API keys and their token-verification keys. Reads are answered from memory; writes
// are durable when they return. Thread-safe; blocks on the disk only when writing.

#include "runtime/base/clock.h"
#include "runtime/base/random.h"
#include "storage/group_commit.h"
#include "storage/tables/project_table.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

namespace millrace {

class ShardOwnership;

class ProjectRegistry {
 public:
  ProjectRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
                  const ShardOwnership& ownership, const Clock& clock, Random& random);

  /// Reads all projects. Call once before serving.
  Outcome load();

  struct Created {
    ProjectId id;
    std::string api_key;  // shown this once; only its hash is stored
  };
  /// `id` empty: a UUID is chosen. Error: conflict (the id is taken), invalid_request (not an id:
  /// letters, digits, `.`, `_`, `-`, at most 128).
  Result<Created> create(const std::string& id, const std::string& name);
  /// A new API key; the old one stops working.
  Result<Created> rotate_api_key(const ProjectId& project);

  bool exists(const ProjectId& project) const;
  bool is_api_key(const ProjectId& project, std::string_view key) const;
  std::vector<ProjectId> list() const;

  /// Errors: not_found, limit_exceeded (too many keys), invalid_request (the id is none, or the text
  /// is too large). That it is an RSA key is checked by the caller.
  Outcome put_signing_key(const ProjectId& project, const SigningKeyId& kid,
                          const std::string& pem);
  Outcome remove_signing_key(const ProjectId& project, const SigningKeyId& kid);

  struct SigningKeys {
    /// Grows by one with every change of the project's keys: lets a token cache notice.
    std::uint64_t revision = 0;
    std::vector<storage::SigningKeyRow> keys;
  };
  /// Null when the project does not exist.
  std::shared_ptr<const SigningKeys> signing_keys(const ProjectId& project) const;

 private:
  struct Entry {
    storage::ProjectRow row;
    std::shared_ptr<const SigningKeys> keys;
  };

  Result<Created> store_project(storage::ProjectRow row);
  Outcome commit(const ProjectId& project, storage::WriteBatch batch);

  storage::ProjectTable table_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  Random& random_;
  mutable std::shared_mutex mutex_;
  std::mutex writing_;  // one writer at a time: read, decide, commit, publish
  std::map<ProjectId, Entry> projects_;
};

}  // namespace millrace
