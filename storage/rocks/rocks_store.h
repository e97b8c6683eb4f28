#pragma once
// The ordered store on disk: RocksDB in one directory, one object per directory. The only folder
// that includes RocksDB; this header does not.
//
// Durability: a commit is one write batch and one synced log append. After a crash everything that
// was acknowledged is there; of what was not, a commit is there wholly or not at all.
//
// Fences: the epoch rows are read once, at opening, and held in memory. That is sound because this
// object is the directory's only writer (see DirectoryLock) and one mutex covers comparing them,
// writing, and raising them. Commits are therefore one at a time; that costs nothing, as
// GroupCommit merges what waits, and better than the queue of writers inside RocksDB would.
//
// Failure: when the disk is full, commits answer `overloaded`, empty ones too, and reads go on. Each
// first looks whether the disk takes data again; if so the database is closed and opened anew inside
// this object, that commit is still answered `overloaded`, and the next one is written.
// Opening anew gives the same certainty as a restart: a commit that failed at its sync may turn out
// to be on disk after all, so whoever built on its absence must be told once more (see
// GroupCommit::generation). It waits for open cursors to end. RocksDB's own Resume is not used: it
// may go on writing to a log that has seen an error (Debian's build aborts there). Any other failed
// write is final: the object refuses further commits, and reads go on, until the directory is
// opened anew by a new object.

#include "runtime/base/log.h"
#include "storage/movable_store.h"
#include "storage/rocks/directory_lock.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>

namespace rocksdb {
class DB;
class Env;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace millrace::storage {

enum class Durability : std::uint8_t {
  synced,   // a commit is on disk when it returns
  relaxed,  // a commit survives the process but not the machine; the last moments may be lost
};

struct RocksOptions {
  std::string directory;  // created if missing
  Durability durability = Durability::synced;
  /// Recently read blocks, indexes and filters.
  std::size_t block_cache_bytes = 128u << 20;
  /// Rows gathered in memory before they become a file; up to three of these exist at once, and as
  /// much log is replayed after a crash.
  std::size_t write_buffer_bytes = 64u << 20;
  /// Where RocksDB's warnings and errors go; empty: nowhere. It keeps no log file.
  LogSink log{};
  OpenedTo purpose = OpenedTo::serve;
  /// For tests that need a disk which fails; null is the real one. Not owned.
  rocksdb::Env* environment = nullptr;
};

/// What RocksDB tells about itself without reading anything. Bytes and rows are estimates.
struct RocksStats {
  std::uint64_t rows = 0;
  std::uint64_t table_bytes = 0;
  std::uint64_t blob_bytes = 0;
  std::uint64_t write_buffer_bytes = 0;
  std::uint64_t block_cache_bytes = 0;
  std::uint64_t compaction_pending_bytes = 0;
};

class RocksStore final : public MovableStore {
 public:
  /// Ranges removed in one write buffer. RocksDB sorts them all anew for the first read behind each removal, so a
  /// buffer with this many of them is written to a file, where that is done once.
  static constexpr std::size_t removed_ranges_max = 256;
  /// Larger values lie in blob files, and compactions do not rewrite them.
  static constexpr std::size_t blob_bytes_min = 16u << 10;

  /// Opens or creates. Errors: directory_in_use, format_not_supported, conflict (to be filled and not
  /// new), corrupt_data (says what is damaged; no row was changed), overloaded, storage_failed.
  static Result<std::unique_ptr<RocksStore>> open(RocksOptions options);
  ~RocksStore() override;
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  Outcome commit(const WriteBatch& batch) override;
  Result<std::optional<std::string>> get(std::string_view key) const override;
  std::unique_ptr<Cursor> scan(std::string_view prefix, Direction direction,
                               std::string_view start_at) const override;
  std::unique_ptr<Cursor> scan_many(std::vector<KeyRange> ranges,
                                    const ManyOptions& options) const override;
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override;
  std::vector<Epoch> epochs() override;
  Outcome end_filling(std::span<const Epoch> epochs) override;

  RocksStats stats() const;

  /// Lets what was removed leave the disk, where it is worth it: the write buffer is written to a file, and when
  /// an eighth of what is in the files says that something was removed, they are compacted, piece after piece,
  /// beside commits and reads, which do not wait for it. Most of it RocksDB does by itself, as files with many
  /// removals are compacted first; this is for what is spread thin, and for a store that nobody writes to any
  /// more. Then likewise blob files, when a quarter of them is of no row any more.
  ///
  /// Of the shards in `erased` what was removed leaves the files in any case, however little it is: each is a 256th of
  /// the store. Its large values leave with the blob files that they are in.
  ///
  /// Takes as long as rewriting the store at most; ends early, with Done, when `stop` becomes true. One
  /// thread at a time. Errors: overloaded, storage_failed; nothing is lost then.
  Outcome reclaim(std::atomic<bool>& stop, std::span<const ShardId> erased = {});

 private:
  RocksStore(RocksOptions options, DirectoryLock lock);

  /// Null while a full disk keeps the database from being opened anew.
  std::shared_ptr<rocksdb::DB> database() const;
  void close();
  Outcome open_database();
  // These four are called with the commit mutex held.
  Outcome write(rocksdb::WriteBatch& rows, Durability durability);
  void note_removed_ranges(std::size_t count);
  Error remember_failure(const rocksdb::Status& status);
  /// Called by a commit that finds the store not healthy; what that commit answers.
  Error recover();

  const RocksOptions options_;
  DirectoryLock lock_;  // outlives the database

  std::mutex commit_mutex_;  // guards the next four; held during a commit
  std::array<std::uint64_t, shard_count> epochs_{};
  std::size_t removed_ranges_ = 0;  // in the write buffer, or nearly
  bool is_healthy_ = true;          // false: a commit has failed since the database was opened
  std::optional<Error> failure_;    // set: final

  mutable std::shared_mutex database_mutex_;  // guards the pointer; readers copy it
  std::shared_ptr<rocksdb::DB> database_;
};

}  // namespace millrace::storage
