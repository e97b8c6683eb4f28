#pragma once
// One stream of commits to PostgreSQL. Its row in the table `lane` is permission, order and token of each commit:
//
//   commit n   UPDATE lane SET last = n WHERE … conn = c AND last = n - 1     in the same statement as the rows
//   0 rows     the lane is gone, as somebody else has taken over. Nothing was written, and nothing ever will be
//   no answer  connect anew; UPDATE lane SET conn = c + 1 RETURNING last      n: it is in. n - 1: it is not, and
//                                                                            never will be, as `conn` has moved
//
// The last line waits for a commit that is still at work, as it needs the same row. A commit that is known not to be in
// is sent again, so a restart of PostgreSQL is a wait and not a failure. What is not known after `patience` is answered
// `overloaded`, and `is_unresolved` until a later call has found out. A database that has been put back to before a commit
// that was acknowledged stays unresolved: nobody works on with what it has lost, and the operator is told. So does one
// that has lost the lane while there is no other one, which is what somebody leaves who has taken over.
//
// A commit that PostgreSQL warns of counts as one without an answer: somebody has cut its wait for a synchronous
// standby. The update of `conn` waits for that standby as well, and so for both.
//
// Used under its owner's lock; what says so by any thread.

#include "runtime/base/log.h"
#include "runtime/base/result.h"
#include "runtime/base/shard.h"
#include "storage/postgres/commit_statement.h"
#include "storage/postgres/postgres_connection.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace millrace::storage {

struct PostgresLaneStats {
  std::uint64_t connections = 0;  // beyond the first one
  std::uint64_t unknown_in = 0;   // commits without an answer that were in
  std::uint64_t unknown_out = 0;  // and that were not
  bool is_unresolved = false;
};

class PostgresLane {
 public:
  using Epochs = std::array<std::uint64_t, shard_count>;

  PostgresLane(PostgresAddress address, std::string incarnation, std::int16_t lane, Millis patience,
               LogSink log);

  /// Makes the lane by a connection that it then keeps, and ends all lanes of other incarnations: this one alone may
  /// commit from now on. Waits for a commit of theirs that is at work; sessions that hold it up are ended.
  Outcome take_over(std::unique_ptr<PostgresConnection> connection, Moment deadline);

  /// Makes the statements of one commit at this position; the first one answers whether it was allowed.
  using MakeQueries = std::function<std::vector<PostgresQuery>(const LanePosition&)>;
  /// Durable when it returns well. `may_take`: if that is more than the time limit of statements, which is there so that a
  /// PostgreSQL that hangs is noticed. Errors: stale_epoch (for ever), overloaded, and what PostgreSQL refuses.
  Outcome commit(const MakeQueries& make, std::string_view doing, Millis may_take = Millis(0));
  /// Whether the lane is there still, by a question unless `was_heard`; the answer has until `deadline`.
  Outcome ask_whether_alive(Moment deadline);
  /// During the last second, and nothing has gone wrong since. By any thread.
  bool was_heard() const;
  /// What to tell whoever has waited in vain for the lane, which somebody else uses. By any thread.
  Error held_up() const;

  /// As they are in the table; read when the lane was taken, at each new connection and by `load_epochs`.
  const Epochs& epochs() const { return epochs_; }
  Outcome load_epochs();

  /// Tries to find out until `deadline`.
  Outcome resolve(Moment deadline);
  /// By any thread, like those that follow.
  bool is_unresolved() const { return is_unresolved_; }
  /// For ever: another process has taken over.
  bool is_gone() const { return is_gone_; }
  static Error taken_over();
  PostgresLaneStats stats() const;

 private:
  /// What became of the commit that had no answer, if there was one.
  enum class Fate : std::uint8_t { in, out };

  Outcome try_take_over(Moment deadline);
  Outcome commit_once(const MakeQueries& make, std::string_view doing, Millis may_take);
  Result<Fate> attach(Moment deadline);
  Result<Fate> try_attach(Moment deadline);
  Result<Fate> read_attached(const std::vector<PostgresRows>& rows);
  /// `found`: what says that the database is not as it was left.
  Error set_back(const std::string& found);
  PostgresAnswer ask(std::vector<PostgresQuery> queries, Millis may_take);
  void take_epochs(const PostgresRows& rows);
  void lose_connection(const std::string& why);
  Error gone();
  void hear() { heard_ = std::chrono::steady_clock::now(); }

  static constexpr Moment never{};

  const PostgresAddress address_;
  const Millis patience_;
  const LogSink log_;
  std::unique_ptr<PostgresConnection> connection_;  // null: lost
  LanePosition position_;                           // of the last commit that is known to be in
  Epochs epochs_{};
  std::atomic<Moment> heard_{never};             // the last answer
  std::atomic<Moment> committing_since_{never};  // the commit that is at work; never: none is
  std::atomic<bool> is_gone_{false};
  bool has_told_loss_ = false;
  std::atomic<bool> is_unresolved_{false};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> unknown_in_{0};
  std::atomic<std::uint64_t> unknown_out_{0};
};

}  // namespace millrace::storage
