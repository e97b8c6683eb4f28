#pragma once
// The one thing storage asks of a database: an ordered map of byte strings with atomic, synced,
// fenced commits. Everything durable in Millrace (journals, snapshots, timers, definitions, task
// history) is rows in this map; `storage/tables` says which rows, `storage/keys.h` how keys look.
// Implementations: storage/memory (tests, `--in-memory`), storage/rocks (the embedded default) and
// storage/postgres (a database that several machines reach). One contract suite, tests/contracts, holds
// for all.
//
// Guarantees
// - commit is all or nothing, and durable (synced) when it returns success;
// - a commit whose fences are not all current changes nothing and returns `stale_epoch`: the shard has
//   moved, and the store is as well as before (see `means_shard_moved` in runtime/base/error.h);
// - reads see every commit that returned before they began;
// - all functions are thread-safe. They block on the disk: never call them on an actor's thread.
//
// Errors: storage_failed (I/O; a store on disk then refuses further commits until reopened), overloaded
// (the disk is full, the database away; it is answered again when that is over), stale_epoch, corrupt_data.

#include "runtime/base/calendar_month.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/base/shard.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// Condition of a commit: the shard is still owned under this epoch.
struct Fence {
  ShardId shard;
  Epoch epoch;
  bool operator==(const Fence&) const = default;
};

/// Tasks of a project that a commit settles, by when they ended.
struct SettledTasks {
  ProjectId project;
  CalendarMonth month;
  std::uint64_t tasks = 0;
};

/// Rows to write in one atomic commit. Later operations win over earlier ones on the same key. Keys
/// have at most `keys::bytes_max` bytes, and the stores' own rows (see keys.h) cannot be named:
/// both are checked where the operation is added.
class WriteBatch {
 public:
  struct Operation {
    enum class Kind : std::uint8_t { put, remove, remove_prefix } kind;
    std::string key;
    std::string value;  // put only
  };

  void put(std::string key, std::string value);
  void remove(std::string key);
  /// Removes every row whose key begins with `prefix`, which is not itself the key of a row that is
  /// `keys::is_appended`.
  void remove_prefix(std::string prefix);
  /// Adds a copy of an operation of another batch.
  void add(const Operation& operation);
  /// Adds the condition; naming a shard twice with the same epoch is harmless.
  void require(Fence fence);
  /// Says that what is written settles tasks. That is no row: stores take no notice of it, and what all batches of a
  /// commit have said becomes one row for each project (usage/task_counts.h).
  void settle(const ProjectId& project, CalendarMonth month, std::uint64_t tasks);
  /// Appends all operations, fences and tasks of `other`, which is empty afterwards.
  void append(WriteBatch&& other);

  bool empty() const { return operations_.empty(); }
  /// Key and value bytes, for bounding queues.
  std::size_t bytes() const { return bytes_; }
  const std::vector<Operation>& operations() const { return operations_; }
  const std::vector<Fence>& fences() const { return fences_; }
  const std::vector<SettledTasks>& settled() const { return settled_; }

 private:
  std::vector<Operation> operations_;
  std::vector<Fence> fences_;
  std::vector<SettledTasks> settled_;
  std::size_t bytes_ = 0;
};

/// Walks the rows of one key range in key order, over a view fixed when the cursor was made. Used
/// by one thread; must not outlive its store.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;  // false: past the end, or failed (see status)
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void next() = 0;
  virtual Outcome status() const = 0;
};

enum class Direction : std::uint8_t { forward, backward };

/// One of the ranges that a walk over many reads: rows whose keys begin with `prefix` and lie in
/// [from, until). In both directions: a backward walk begins below `until`. An empty `from` or `until` is
/// the prefix's own end; bounds outside of the prefix are harmless.
struct KeyRange {
  std::string prefix;
  std::string from{};
  std::string until{};
};

struct ManyOptions {
  enum class Order : std::uint8_t {
    range_by_range,  // all of the first range, then the second one, ...
    by_tail,         // merged: by what follows the prefix in the key, rows of equal tails by range
  };
  Order order = Order::range_by_range;
  Direction direction = Direction::forward;
  /// Rows of each range, and of all together; no more are read. A store that answers from afar sends
  /// this many at once, so whoever knows how much it needs says so; who does not, see walk_in_pieces.h.
  std::size_t limit_each = std::numeric_limits<std::size_t>::max();
  std::size_t limit = std::numeric_limits<std::size_t>::max();
};

class OrderedStore {
 public:
  virtual ~OrderedStore() = default;

  /// A batch without operations writes nothing and syncs nothing: it only asks whether its fences
  /// are current and whether the store takes commits.
  virtual Outcome commit(const WriteBatch& batch) = 0;
  virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
  /// Rows whose key begins with `prefix`, in the given direction. `start_at`, when not empty, is a
  /// full key: the cursor begins at it (or, if absent, at the next one in the direction).
  virtual std::unique_ptr<Cursor> scan(std::string_view prefix,
                                       Direction direction = Direction::forward,
                                       std::string_view start_at = {}) const = 0;

  /// The rows of many ranges (say, one kind's on each shard that a node owns) in one round trip and
  /// over one view. A failure in one range ends the whole walk: what is missing must not pass for the
  /// end of the rows. In SQL: one statement, `unnest` of the ranges and a LATERAL index scan for each.
  virtual std::unique_ptr<Cursor> scan_many(std::vector<KeyRange> ranges,
                                            const ManyOptions& options) const = 0;

  /// Takes ownership of these shards: raises the epoch of each by one, all in one commit, and returns
  /// the new epochs in the order asked. Earlier owners' commits to them are refused from then on; other
  /// shards' fences stay as they are. A shard named twice is raised once. None: writes nothing. A
  /// failure changes nothing.
  virtual Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) = 0;
};

}  // namespace millrace::storage
