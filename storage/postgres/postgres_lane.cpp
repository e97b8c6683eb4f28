#include "storage/postgres/postgres_lane.h"

#include "runtime/base/check.h"
#include "storage/postgres/attempts.h"

#include <algorithm>
#include <utility>

namespace millrace::storage {
namespace {

using Steady = std::chrono::steady_clock;

/// How long an answer may be believed.
constexpr Millis heard_for{1'000};
/// The server ends a statement by itself before this, unless it cannot.
constexpr Millis answer_grace{2'000};

const PostgresStatement begin{"", "BEGIN"};
const PostgresStatement commit_it{"", "COMMIT"};
const PostgresStatement rollback{"", "ROLLBACK"};
/// Not before the other's commit has ended: it holds the row.
const PostgresStatement remove_others{"", "DELETE FROM lane WHERE incarnation <> $1"};
const PostgresStatement add_own{"", "INSERT INTO lane(incarnation, lane) VALUES ($1, $2)"};
const PostgresStatement read_epochs{"read_epochs", "SELECT id, epoch FROM shard ORDER BY id"};
const PostgresStatement end_others{
    "",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity, lane WHERE incarnation <> $1"
    " AND application_name = 'millrace ' || incarnation"};
const PostgresStatement move_connection{
    "",
    "UPDATE lane SET conn = conn + 1 WHERE incarnation = $1 AND lane = $2 RETURNING conn, last"};
const PostgresStatement look_for_others{"",
                                        "SELECT EXISTS(SELECT FROM lane WHERE incarnation <> $1)"};
const PostgresStatement set_time_limit{"set_time_limit",
                                       "SELECT set_config('statement_timeout', $1, true)"};
const PostgresStatement ask_lane{"ask_lane",
                                 "SELECT FROM lane WHERE incarnation = $1 AND lane = $2"};

}  // namespace

PostgresLane::PostgresLane(PostgresAddress address, std::string incarnation, std::int16_t lane,
                           Millis patience, LogSink log)
    : address_(std::move(address)), patience_(patience), log_(std::move(log)) {
  position_.incarnation = std::move(incarnation);
  position_.lane = lane;
}

Outcome PostgresLane::take_over(std::unique_ptr<PostgresConnection> connection, Moment deadline) {
  connection_ = std::move(connection);
  const auto first = try_take_over(deadline);
  if (first || !connection_->is_usable() || first.error().code != ErrorCode::overloaded)
    return first;
  // Its owner hangs between the statements of a commit, or its commit waits for something.
  PostgresQuery end(end_others);
  end.parameters.uuid(position_.incarnation);
  const auto ended = connection_->ask(end, deadline);
  if (ended.fault) return error_of(*ended.fault, "Ending the sessions of the former owner");
  return try_take_over(deadline);
}

Outcome PostgresLane::try_take_over(Moment deadline) {
  std::vector<PostgresQuery> queries{begin, remove_others, add_own, read_epochs, commit_it};
  queries[1].parameters.uuid(position_.incarnation);
  queries[2].parameters.uuid(position_.incarnation).number2(position_.lane);
  const auto answer = connection_->ask(queries, deadline);
  if (answer.fault) {
    if (connection_->is_usable()) connection_->tell(rollback);
    return error_of(*answer.fault, "Taking over the database");
  }
  take_epochs(answer.rows[3]);
  hear();
  return Done{};
}

PostgresAnswer PostgresLane::ask(std::vector<PostgresQuery> queries, Millis may_take) {
  const bool is_long = may_take > address_.statement_timeout;
  const Moment answer_by =
      Steady::now() + std::max(may_take, address_.statement_timeout) + answer_grace;
  if (!is_long) return connection_->ask(queries, answer_by);
  // Of this transaction alone.
  std::vector<PostgresQuery> timed{set_time_limit};
  timed[0].parameters.text(std::to_string(may_take.count()));
  for (PostgresQuery& query : queries) timed.push_back(std::move(query));
  auto answer = connection_->ask(timed, answer_by);
  if (!answer.rows.empty()) answer.rows.erase(answer.rows.begin());
  return answer;
}

Outcome PostgresLane::commit(const MakeQueries& make, std::string_view doing, Millis may_take) {
  committing_since_ = Steady::now();
  auto outcome = commit_once(make, doing, may_take);
  committing_since_ = never;
  return outcome;
}

Outcome PostgresLane::commit_once(const MakeQueries& make, std::string_view doing,
                                  Millis may_take) {
  Moment deadline = Steady::now() + patience_;
  for (bool has_sent = false;;) {
    if (connection_ == nullptr) {
      const auto fate = attach(deadline);
      if (!fate) return fate.error();
      if (has_sent && *fate == Fate::in) return Done{};
    }
    LanePosition next = position_;
    ++next.number;
    const auto answer = ask(make(next), may_take);
    if (answer.fault && !answer.fault->is_lost) return error_of(*answer.fault, doing);
    if (!answer.fault && !connection_->was_warned()) {
      if (answer.rows[0].size() == 1 && answer.rows[0].flag(0, 0)) {
        position_ = next;
        hear();
        return Done{};
      }
      connection_.reset();  // the lane says why
      heard_ = never;
      continue;
    }
    // Time is given once to find out, from here on, and not again to a connection that is lost again and again.
    if (!std::exchange(has_sent, true)) deadline = Steady::now() + patience_;
    is_unresolved_ = true;
    lose_connection(answer.fault ? answer.fault->message : "its wait for a standby was cut short");
  }
}

bool PostgresLane::was_heard() const {
  const Moment heard = heard_;
  return heard != never && Steady::now() - heard < heard_for;
}

Error PostgresLane::held_up() const {
  const Moment since = committing_since_;
  if (since == never) {
    return Error(ErrorCode::overloaded,
                 "It is not known yet what PostgreSQL has committed last. Try again in a moment.");
  }
  const auto waited = std::chrono::floor<std::chrono::seconds>(Steady::now() - since);
  return Error(ErrorCode::overloaded, "A commit has been waiting for PostgreSQL for " +
                                          std::to_string(waited.count()) +
                                          " s. Is a synchronous standby gone, or its disk stuck?");
}

Outcome PostgresLane::ask_whether_alive(Moment deadline) {
  if (is_gone_) return taken_over();
  if (connection_ != nullptr && was_heard()) return Done{};
  if (connection_ != nullptr) {
    PostgresQuery question(ask_lane);
    question.parameters.uuid(position_.incarnation).number2(position_.lane);
    const auto answer = connection_->ask(question, deadline);
    if (!answer.fault && answer.rows[0].size() == 1) {
      hear();
      return Done{};
    }
    if (answer.fault) {
      lose_connection(answer.fault->message);
    } else {
      connection_.reset();  // the lane says why
      heard_ = never;
    }
  }
  return resolve(deadline);
}

Outcome PostgresLane::load_epochs() {
  if (connection_ == nullptr) return resolve(Steady::now() + patience_);
  const auto answer = connection_->ask(PostgresQuery(read_epochs), Steady::now() + patience_);
  if (answer.fault) {
    // Fences must not be compared with what may be old: whoever comes next reads them before anything else.
    is_unresolved_ = true;
    lose_connection(answer.fault->message);
    return resolve(Steady::now() + patience_);
  }
  take_epochs(answer.rows[0]);
  return Done{};
}

Outcome PostgresLane::resolve(Moment deadline) {
  if (is_gone_) return taken_over();
  if (connection_ != nullptr) return Done{};
  const auto fate = attach(deadline);
  return fate ? Outcome(Done{}) : Outcome(fate.error());
}

Result<PostgresLane::Fate> PostgresLane::attach(Moment deadline) {
  for (const Attempts attempts(deadline);;) {
    auto fate = try_attach(deadline);
    if (fate || fate.error().code != ErrorCode::overloaded || !attempts.wait_for_next())
      return fate;
  }
}

Result<PostgresLane::Fate> PostgresLane::try_attach(Moment deadline) {
  if (is_gone_) return taken_over();
  PostgresFault why;
  auto connection = PostgresConnection::connect(address_, deadline, why);
  if (connection == nullptr) return error_of(why, "Connecting to PostgreSQL");
  std::vector<PostgresQuery> queries{move_connection, read_epochs, look_for_others};
  queries[0].parameters.uuid(position_.incarnation).number2(position_.lane);
  queries[2].parameters.uuid(position_.incarnation);
  const auto answer = connection->ask(queries, deadline);
  if (answer.fault) return error_of(*answer.fault, "Finding out what was committed");
  if (connection->was_warned()) {
    return Error(ErrorCode::overloaded,
                 "Finding out what was committed failed: the standby has not confirmed it.");
  }
  connection_ = std::move(connection);
  ++connections_;
  return read_attached(answer.rows);
}

Result<PostgresLane::Fate> PostgresLane::read_attached(const std::vector<PostgresRows>& rows) {
  if (rows[0].size() == 0) {
    connection_.reset();
    // Whoever takes over leaves a lane of his own.
    if (rows[2].flag(0, 0)) return gone();
    return set_back("The database has no lane of this process or of another one");
  }
  const std::int64_t last = rows[0].number(0, 1);
  if (last != position_.number && last != position_.number + 1) {
    connection_.reset();
    return set_back("The lane stands at commit " + std::to_string(last) + " instead of " +
                    std::to_string(position_.number));
  }
  const Fate fate = last == position_.number ? Fate::out : Fate::in;
  if (is_unresolved_) ++(fate == Fate::in ? unknown_in_ : unknown_out_);
  position_.connection = static_cast<std::int32_t>(rows[0].number(0, 0));
  position_.number = last;
  take_epochs(rows[1]);
  if (log_) {
    log_(LogLevel::info, std::string("connected to PostgreSQL again") +
                             (!is_unresolved_    ? ""
                              : fate == Fate::in ? "; the commit without an answer is in"
                                                 : "; the commit without an answer is not in"));
  }
  is_unresolved_ = false;
  hear();
  return fate;
}

Error PostgresLane::set_back(const std::string& found) {
  is_unresolved_ = true;
  heard_ = never;
  Error error(ErrorCode::storage_failed,
              found +
                  ": the database has been put back to an earlier state, and acknowledged work is "
                  "lost. Start the server "
                  "anew to go on from there.");
  if (!std::exchange(has_told_loss_, true) && log_) log_(LogLevel::error, error.message);
  return error;
}

void PostgresLane::take_epochs(const PostgresRows& rows) {
  CHECK(rows.size() == shard_count, "the table of shards has lost rows");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    epochs_.at(static_cast<std::size_t>(rows.number(row, 0))) =
        static_cast<std::uint64_t>(rows.number(row, 1));
  }
}

void PostgresLane::lose_connection(const std::string& why) {
  connection_.reset();
  heard_ = never;
  if (log_) log_(LogLevel::warning, "the connection to PostgreSQL is lost: " + why);
}

Error PostgresLane::taken_over() {
  return Error(ErrorCode::stale_epoch,
               "Another process has taken over this database, or it was put back to a state that "
               "another one has left. This one can commit nothing any more, and reads nothing: end "
               "it.");
}

Error PostgresLane::gone() {
  Error error = taken_over();
  heard_ = never;
  if (!is_gone_.exchange(true) && log_) log_(LogLevel::error, error.message);
  is_unresolved_ = false;  // nothing of it is waited for any more
  return error;
}

PostgresLaneStats PostgresLane::stats() const {
  return {connections_, unknown_in_, unknown_out_, is_unresolved_};
}

}  // namespace millrace::storage
