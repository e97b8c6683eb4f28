#pragma once
// The ordered store in PostgreSQL, which several machines can reach. The only folder that includes libpq; this header
// does not.
//
// Commits go through one lane (postgres_lane.h), one at a time and one round trip each; GroupCommit merges what waits.
// Durable means what PostgreSQL's settings make it mean: on its disk, and on that of a synchronous standby where one is
// configured. At the opening, settings under which acknowledged work can be lost are told to the log.
//
// Fences: the epochs are held in memory and compared under the lock that also covers the commit. That is sound because
// only an owner whose lane exists changes them, and opening removes all other lanes: an earlier owner's next commit finds
// no lane, writes nothing, and is answered `stale_epoch` for ever. From then on its reads are, too: nobody rebuilds from
// rows that are another one's.
//
// Reads: each sees what was committed before it began. Point reads and cursors have connections of their own, bounded
// in number. A cursor holds one, and a view of the database, until its last page is there: keep it for one walk. When all
// are in use, a read waits for `patience` and is then `overloaded`. Point reads never wait for cursors, and a cursor inside
// of a walk by another one waits for nobody.
//
// Failure: a lost connection, a restart of PostgreSQL, or a failover that keeps the address is survived inside the
// object. Reads are asked again and commits are resolved for up to `patience`, then `overloaded`; each later call tries
// again. While it is not known whether a commit is in, reads wait likewise: nobody rebuilds from rows that may yet change
// under him. A commit that PostgreSQL itself refuses is rolled back, and the store is as well as before: no failure is final
// but `stale_epoch`. A claim whose answer was lost for longer than `patience` may turn out to have been made.
//
// Keys of up to 2,692 bytes can be stored, longer ones if they compress to that (an index holds no more): all that can be
// made are (keys::bytes_max). Others would be `limit_exceeded`.

#include "runtime/base/log.h"
#include "storage/movable_store.h"
#include "storage/postgres/connection_pool.h"
#include "storage/postgres/postgres_lane.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace millrace::storage {

struct PostgresOptions {
  std::string url;  // postgres://USER:PASSWORD@HOST/DATABASE, or libpq's "host=… dbname=…"
  std::string schema = "millrace";
  std::string incarnation;  // 16 random bytes: this opening, and no other one
  std::int16_t lane = 0;
  std::string cluster{};  // the id that the database must have; empty: any
  OpenedTo purpose = OpenedTo::serve;
  /// Who is connected to it now: `end` takes the database from him, `refuse` leaves it to him (directory_in_use). With
  /// `refuse`, what is opened to be served has to be there (not_found).
  enum class Others : std::uint8_t { end, refuse } others = Others::end;
  Millis patience{5'000};
  /// The same at the opening, which waits for an earlier owner's commit and may have rows to migrate.
  Millis opening_patience{30'000};
  /// How long before that PostgreSQL may be away: machines start their services in any order.
  Millis arrival_patience{30'000};
  std::size_t point_readers_max = 4;
  std::size_t cursors_max = 16;
  LogSink log{};
};

class PostgresStore final : public MovableStore {
 public:
  /// Opens, making the tables if there are none, as the only owner: what others have open can commit nothing from now
  /// on. Errors: overloaded (not there, read-only, no room), format_not_supported, conflict (see postgres_schema.h),
  /// directory_in_use, corrupt_data, storage_failed, invalid_request (the name of the schema).
  static Result<std::unique_ptr<PostgresStore>> open(PostgresOptions options);

  Outcome commit(const WriteBatch& batch) override;
  Result<std::optional<std::string>> get(std::string_view key) const override;
  std::unique_ptr<Cursor> scan(std::string_view prefix, Direction direction,
                               std::string_view start_at) const override;
  std::unique_ptr<Cursor> scan_many(std::vector<KeyRange> ranges,
                                    const ManyOptions& options) const override;
  Result<std::vector<Epoch>> claim(std::span<const ShardId> shards) override;
  std::vector<Epoch> epochs() override;
  Outcome end_filling(std::span<const Epoch> epochs) override;

  /// What a commit without rows asks, for health checks: it does not queue behind a commit that hangs. Answers after two
  /// seconds as a rule, three at most; `overloaded` says for how long a commit has been waiting.
  Outcome takes_commits() const;
  PostgresLaneStats stats() const { return lane_.stats(); }

  /// Has PostgreSQL clear away what was removed when that has to be soon, as somebody was erased: VACUUM, beside commits
  /// and reads, which do not wait for it. Without `erased` it does nothing: what is removed in the course of time
  /// autovacuum counts, and clears away. The place of a row is free then, and its bytes are overwritten by the next ones;
  /// what has to leave the files at once takes a VACUUM FULL, for which everybody waits, and which is the operator's.
  ///
  /// Takes as long as reading the table at most; ends early, with Done, when `stop` becomes true (PostgreSQL goes on with
  /// it). Thread-safe. Errors: overloaded, storage_failed; nothing is lost then.
  Outcome reclaim(const std::atomic<bool>& stop, std::span<const ShardId> erased) const;

 private:
  explicit PostgresStore(PostgresOptions options);

  Outcome open_tables();
  /// Null, and `why`, if it has not come.
  std::unique_ptr<PostgresConnection> connect_when_there(PostgresFault& why) const;
  /// Waits until it is known what has been committed. Errors besides: stale_epoch, storage_failed (it has been put back).
  Outcome wait_until_resolved(Moment deadline) const;
  std::unique_ptr<Cursor> open_cursor(const PostgresQuery& query, std::size_t rows_expected) const;

  const PostgresOptions options_;
  mutable std::mutex commit_mutex_;  // guards the lane
  mutable PostgresLane lane_;
  mutable ConnectionPool point_readers_;
  mutable ConnectionPool cursors_;
};

}  // namespace millrace::storage
