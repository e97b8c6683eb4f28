#pragma once
// Environment secrets of all projects: sealed on the disk, in plain text in memory alone, read by
// runs when they send something. Reads are answered from memory by any thread, actors included;
// writes are durable when they return, and block on the disk.
//
// A secret that cannot be opened (the server has another key) does not keep the server from
// starting: only its use fails, until the right key is given or the secret is put again.

#include "actors/tenants/stored.h"
#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/log.h"
#include "storage/crypto/sealer.h"
#include "storage/group_commit.h"
#include "storage/tables/secret_table.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ShardOwnership;

class SecretRegistry {
 public:
  SecretRegistry(const storage::OrderedStore& store, storage::GroupCommit& commits,
                 const ShardOwnership& ownership, const Clock& clock, const storage::Sealer& sealer,
                 LogSink log);

  /// Reads and opens all secrets. Call once before serving.
  Outcome load();

  /// Errors: invalid_request (the name is not `[A-Za-z_][A-Za-z0-9_]*` of at most 128 characters,
  /// or the value is empty or too short to be redacted), limit_exceeded.
  Result<Stored> put(const ProjectId& project, const std::string& name, std::string_view value);
  /// Error: not_found.
  Outcome remove(const ProjectId& project, const std::string& name);

  struct Listed {
    std::string name;
    Instant updated{};
    bool is_locked = false;  // cannot be opened with the server's key
  };
  /// In the order of their names; never the values.
  std::vector<Listed> names(const ProjectId& project) const;

  /// Object from name to plain text, of all secrets that open: a snapshot that never changes.
  SharedJson values(const ProjectId& project) const;
  /// One of them. Errors as `why_absent`.
  Result<std::string> value(const ProjectId& project, const std::string& name) const;
  /// What the secret was within the last `former_time`, in memory alone: a run that began with such a
  /// value may still be told it by a peer. Of a project at most `formers_max`, the latest.
  std::vector<std::string> former_values(const ProjectId& project, const std::string& name) const;
  static constexpr auto former_time = std::chrono::hours(1);
  static constexpr std::size_t formers_max = 64;
  /// Why a name is not among the values: secrets_locked or corrupt_data for one that does not open,
  /// else secret_missing with the nearest name.
  Error why_absent(const ProjectId& project, const std::string& name) const;

 private:
  struct Secret {
    Instant updated{};
    std::optional<Error> lock;  // set: why it does not open
  };
  struct Former {
    std::string name;
    std::string value;
    Instant until{};
  };
  struct Secrets {
    std::map<std::string, Secret> by_name;
    std::vector<Former> formers;  // the oldest first
    SharedJson values = share(JsonObject());
  };

  Outcome commit(const ProjectId& project, storage::WriteBatch batch);
  /// A copy of what a project has, to be changed and published.
  Secrets copy_of(const ProjectId& project) const;
  void publish(const ProjectId& project, Secrets secrets);
  /// Notes the value that the name has before it changes.
  void keep_former(Secrets& secrets, const std::string& name) const;

  storage::SecretTable table_;
  storage::GroupCommit& commits_;
  const ShardOwnership& ownership_;
  const Clock& clock_;
  const storage::Sealer& sealer_;
  LogSink log_;
  std::mutex writing_;  // one writer at a time: read, decide, commit, publish
  mutable std::shared_mutex mutex_;
  std::map<ProjectId, Secrets> projects_;
};

}  // namespace millrace
