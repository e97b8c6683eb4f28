#include "storage/postgres/postgres_store.h"

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "runtime/text/hex_text.h"
#include "storage/postgres/attempts.h"
#include "storage/postgres/commit_statement.h"
#include "storage/postgres/postgres_cursor.h"
#include "storage/postgres/postgres_schema.h"
#include "storage/postgres/standby_check.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace millrace::storage {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t incarnation_bytes = 16;
/// For sorting and for pages of many rows.
constexpr Millis read_timeout{60'000};
/// Of a commit that removes prefixes, which may be the rows of an execution of any size.
constexpr Millis removal_patience{120'000};
/// Of who asks whether commits are taken: behind a commit that is at work, and for PostgreSQL's answer.
constexpr Millis queue_patience{1'000};
constexpr Millis question_patience{2'000};
/// How long the sessions of a process that has ended may be there.
constexpr Millis leaving_max{3'000};
/// Rows of the first page of a walk whose caller has not said how many he needs.
constexpr std::size_t first_page_rows = 64;

const PostgresStatement get_row{"get_row", "SELECT value FROM kv WHERE key = $1"};
/// Sessions of other processes that have a lane here. Of those of another role one sees less with some roles; the lane
/// decides either way.
const PostgresStatement find_others{
    "",
    "SELECT count(*) FROM pg_stat_activity, lane WHERE datname = current_database()"
    " AND application_name = 'millrace ' || incarnation"};
const PostgresStatement look_for_lanes{"", "SELECT to_regclass('lane') IS NOT NULL"};
const PostgresStatement claim_shards{"claim_shards",
                                     "WITH f AS MATERIALIZED (UPDATE lane SET last = $4 WHERE "
                                     "incarnation = $1 AND lane = $2 AND conn = $3"
                                     "  AND last = $4 - 1 RETURNING 1),"
                                     " ok AS MATERIALIZED (SELECT count(*) = 1 AS ok FROM f),"
                                     " s AS (UPDATE shard SET owner = $1, epoch = epoch + 1 WHERE "
                                     "id = ANY($5) AND (SELECT ok FROM ok))"
                                     " SELECT ok FROM ok"};
const PostgresStatement set_epochs{
    "",
    "WITH f AS MATERIALIZED (UPDATE lane SET last = $4 WHERE incarnation = $1 AND lane = $2 AND "
    "conn = $3"
    "  AND last = $4 - 1 RETURNING 1),"
    " ok AS MATERIALIZED (SELECT count(*) = 1 AS ok FROM f),"
    " s AS (UPDATE shard SET epoch = x.epoch FROM unnest($5, $6) x(id, epoch)"
    "  WHERE shard.id = x.id AND (SELECT ok FROM ok)),"
    " c AS (UPDATE cluster SET format = $7 WHERE (SELECT ok FROM ok))"
    " SELECT ok FROM ok"};

/// One that works on the table gives way when somebody has waited for a second, which is how long we wait elsewhere.
const PostgresStatement wait_for_autovacuum{"", "SET lock_timeout = '30s'"};
const PostgresStatement clear_away{"", "VACUUM kv"};
/// How often one looks whether the server stops.
constexpr Millis stop_look{200};

std::string as_uuid_text(std::string_view bytes) {
  std::string text = to_hex(bytes);
  for (const std::size_t hyphen : {20, 16, 12, 8}) text.insert(hyphen, 1, '-');
  return text;
}

PostgresAddress address_of(const PostgresOptions& options, Millis statement_timeout) {
  CHECK(options.incarnation.size() == incarnation_bytes, "an incarnation has 16 bytes");
  return {options.url, options.schema, "millrace " + as_uuid_text(options.incarnation),
          statement_timeout};
}

Error stale(const Fence& fence, std::uint64_t current) {
  return Error(ErrorCode::stale_epoch, "Shard " +
                                           std::to_string(static_cast<std::uint16_t>(fence.shard)) +
                                           " has another owner: this commit was made under epoch " +
                                           std::to_string(static_cast<std::uint64_t>(fence.epoch)) +
                                           ", the current one is " + std::to_string(current) + ".");
}

/// Errors: directory_in_use; not_found (nothing is there, and something is to be served); those of the connection.
Outcome check_alone(PostgresConnection& connection, const PostgresOptions& options,
                    Moment deadline) {
  const auto lanes = connection.ask(look_for_lanes, deadline);
  if (lanes.fault) return error_of(*lanes.fault, "Looking for other processes");
  if (!lanes.rows[0].flag(0, 0)) {
    if (options.purpose == OpenedTo::be_filled) return Done{};
    return Error(ErrorCode::not_found, "The database holds nothing of Millrace in the schema '" +
                                           options.schema + "'. Is it the right one?");
  }
  // The sessions of a process that has ended go a moment after it.
  for (const Attempts attempts(std::min(deadline, Steady::now() + leaving_max));;) {
    const auto others = connection.ask(find_others, deadline);
    if (others.fault) return error_of(*others.fault, "Looking for other processes");
    if (others.rows[0].number(0, 0) == 0) return Done{};
    if (!attempts.wait_for_next()) break;
  }
  return Error(ErrorCode::directory_in_use,
               "A Millrace process is connected to the database. Stop it, and try again.");
}

std::vector<std::int16_t> numbers_of(const ShardSet& shards) {
  std::vector<std::int16_t> numbers;
  for (const ShardId shard : shards) numbers.push_back(static_cast<std::int16_t>(shard));
  return numbers;
}

/// Asks by a connection of the pool. What may be better on another connection, a moment later, is asked again until the
/// deadline.
template <class T, class Ask>
Result<T> read_by(ConnectionPool& pool, Moment deadline, const Ask& ask) {
  for (const Attempts attempts(deadline);;) {
    auto connection = pool.lease(deadline);
    Result<T> answer = connection ? ask(std::move(*connection)) : Result<T>(connection.error());
    if (answer || answer.error().code != ErrorCode::overloaded || !attempts.wait_for_next())
      return answer;
    pool.forget_idle();
  }
}

}  // namespace

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(PostgresOptions options) {
  CHECK(!options.url.empty(), "a store in PostgreSQL needs an address");
  if (!PostgresConnection::is_address(options.url)) {
    return Error(ErrorCode::invalid_request,
                 "The address of PostgreSQL cannot be read. Write "
                 "postgres://USER@HOST:PORT/DATABASE, and in a password %40 "
                 "for @, %2F for / and %25 for %.");
  }
  if (!is_schema_name(options.schema)) {
    return Error(ErrorCode::invalid_request,
                 "A schema's name is of letters in lower case, digits and '_', does not begin with "
                 "a digit or 'pg_', and has at "
                 "most 63 characters, got '" +
                     options.schema + "'.");
  }
  std::unique_ptr<PostgresStore> store(new PostgresStore(std::move(options)));
  if (const auto opened = store->open_tables(); !opened) return opened.error();
  return store;
}

PostgresStore::PostgresStore(PostgresOptions options)
    : options_(std::move(options)),
      lane_(address_of(options_, 2 * options_.patience), options_.incarnation, options_.lane,
            options_.patience, options_.log),
      point_readers_(address_of(options_, read_timeout), options_.point_readers_max),
      cursors_(address_of(options_, read_timeout), options_.cursors_max) {}

Outcome PostgresStore::open_tables() {
  const std::lock_guard lock(commit_mutex_);
  PostgresFault why;
  auto connection = connect_when_there(why);
  if (connection == nullptr) return error_of(why, "Connecting to PostgreSQL");
  const Moment deadline = Steady::now() + options_.opening_patience;
  if (options_.others == PostgresOptions::Others::refuse) {
    if (auto alone = check_alone(*connection, options_, deadline); !alone) return alone;
  }
  // Before the first commit, which may hang for just the reason that is told here.
  for (const auto& risk : find_risks(*connection, deadline)) {
    if (options_.log) options_.log(LogLevel::warning, risk);
  }
  auto prepared =
      prepare_schema(*connection, options_.schema, options_.purpose, options_.cluster, deadline);
  if (!prepared) return prepared;
  return lane_.take_over(std::move(connection), deadline);
}

std::unique_ptr<PostgresConnection> PostgresStore::connect_when_there(PostgresFault& why) const {
  const PostgresAddress address = address_of(options_, 2 * options_.patience);
  const Attempts attempts(Steady::now() + options_.arrival_patience);
  for (bool is_told = false;;) {
    auto connection =
        PostgresConnection::connect(address, Steady::now() + options_.opening_patience, why);
    if (connection != nullptr || !why.is_lost || !attempts.wait_for_next()) return connection;
    if (!std::exchange(is_told, true) && options_.log) {
      options_.log(LogLevel::warning,
                   "waiting for PostgreSQL: " + error_of(why, "Connecting").message);
    }
  }
}

Outcome PostgresStore::commit(const WriteBatch& batch) {
  const std::lock_guard lock(commit_mutex_);
  // The epochs of a lane that is lost may be others by now.
  if (lane_.is_unresolved()) {
    if (auto resolved = lane_.resolve(Steady::now() + options_.patience); !resolved)
      return resolved;
  }
  for (const Fence& fence : batch.fences()) {
    const std::uint64_t current = lane_.epochs().at(static_cast<std::size_t>(fence.shard));
    if (static_cast<std::uint64_t>(fence.epoch) != current) return stale(fence, current);
  }
  if (batch.empty()) return lane_.ask_whether_alive(Steady::now() + options_.patience);
  const CommitRows rows = last_operations(batch);
  // A prefix may be a large execution, and must not fail everybody's commits again and again.
  return lane_.commit(
      [&rows](const LanePosition& position) { return commit_queries(rows, position); }, "A commit",
      rows.range_begins.empty() ? Millis(0) : removal_patience);
}

Outcome PostgresStore::takes_commits() const {
  for (const Attempts attempts(Steady::now() + queue_patience);;) {
    if (lane_.is_gone()) return PostgresLane::taken_over();
    if (lane_.was_heard()) return Done{};  // also by a commit, among many
    if (const std::unique_lock lock(commit_mutex_, std::try_to_lock); lock.owns_lock())
      return lane_.ask_whether_alive(Steady::now() + question_patience);
    if (!attempts.wait_for_next()) return lane_.held_up();
  }
}

Result<std::optional<std::string>> PostgresStore::get(std::string_view key) const {
  using Found = std::optional<std::string>;
  const Moment deadline = Steady::now() + options_.patience;
  if (auto resolved = wait_until_resolved(deadline); !resolved) return resolved.error();
  return read_by<Found>(point_readers_, deadline,
                        [&](ConnectionPool::Lease connection) -> Result<Found> {
                          PostgresQuery query(get_row);
                          query.parameters.bytes(key);
                          const auto answer = connection->ask(query, deadline);
                          if (answer.fault) return error_of(*answer.fault, "Reading a row");
                          if (answer.rows[0].size() == 0) return Found();
                          return Found(answer.rows[0].bytes(0, 0));
                        });
}

std::unique_ptr<Cursor> PostgresStore::scan(std::string_view prefix, Direction direction,
                                            std::string_view start_at) const {
  return open_cursor(scan_query(prefix, direction, start_at), first_page_rows);
}

std::unique_ptr<Cursor> PostgresStore::scan_many(std::vector<KeyRange> ranges,
                                                 const ManyOptions& options) const {
  if (ranges.empty() || options.limit == 0 || options.limit_each == 0)
    return std::make_unique<NoRowsCursor>();
  // One more than is wanted, so that a page that is not full says that there are no more.
  const bool is_limited = options.limit < std::numeric_limits<std::size_t>::max();
  return open_cursor(scan_many_query(ranges, options),
                     is_limited ? options.limit + 1 : first_page_rows);
}

std::unique_ptr<Cursor> PostgresStore::open_cursor(const PostgresQuery& query,
                                                   std::size_t rows_expected) const {
  const Moment deadline = Steady::now() + options_.patience;
  if (auto resolved = wait_until_resolved(deadline); !resolved) {
    return std::make_unique<NoRowsCursor>(resolved.error());
  }
  using Opened = std::unique_ptr<PostgresCursor>;
  auto cursor = read_by<Opened>(cursors_, deadline, [&](ConnectionPool::Lease connection) {
    return PostgresCursor::open(std::move(connection), query, rows_expected);
  });
  if (!cursor) return std::make_unique<NoRowsCursor>(cursor.error());
  return std::move(*cursor);
}

Result<std::vector<Epoch>> PostgresStore::claim(std::span<const ShardId> shards) {
  const ShardSet raised(shards);  // checks each id before anything is written
  const std::lock_guard lock(commit_mutex_);
  if (!raised.empty()) {
    const auto numbers = numbers_of(raised);
    const auto make = [&numbers](const LanePosition& position) {
      std::vector<PostgresQuery> queries{claim_shards};
      position.add_to(queries[0].parameters);
      queries[0].parameters.number2_array(numbers);
      return queries;
    };
    if (const auto claimed = lane_.commit(make, "Claiming shards"); !claimed)
      return claimed.error();
    if (const auto loaded = lane_.load_epochs(); !loaded) return loaded.error();
  }
  std::vector<Epoch> epochs;
  for (const ShardId shard : shards)
    epochs.push_back(Epoch{lane_.epochs()[static_cast<std::size_t>(shard)]});
  return epochs;
}

std::vector<Epoch> PostgresStore::epochs() {
  const std::lock_guard lock(commit_mutex_);
  std::vector<Epoch> epochs;
  for (const std::uint64_t epoch : lane_.epochs()) epochs.push_back(Epoch{epoch});
  return epochs;
}

Outcome PostgresStore::end_filling(std::span<const Epoch> epochs) {
  CHECK(epochs.size() == shard_count, "each shard needs its epoch");
  CHECK(options_.purpose == OpenedTo::be_filled, "this store was not opened to be filled");
  const auto numbers = numbers_of(ShardSet::all());
  std::vector<std::int64_t> wanted;
  for (const Epoch epoch : epochs) wanted.push_back(static_cast<std::int64_t>(epoch));
  const std::lock_guard lock(commit_mutex_);
  const auto make = [&](const LanePosition& position) {
    std::vector<PostgresQuery> queries{set_epochs};
    position.add_to(queries[0].parameters);
    queries[0].parameters.number2_array(numbers).number8_array(wanted).number4(
        postgres_format_current);
    return queries;
  };
  if (auto ended = lane_.commit(make, "Ending the move"); !ended) return ended;
  return lane_.load_epochs();
}

Outcome PostgresStore::reclaim(const std::atomic<bool>& stop,
                               std::span<const ShardId> erased) const {
  if (erased.empty()) return Done{};
  PostgresAddress address = address_of(options_, Millis(0));  // which is no limit
  address.application_name = "millrace reclaim";              // it may outlive this process
  const Moment deadline = Steady::now() + options_.patience;
  PostgresFault why;
  const auto connection = PostgresConnection::connect(address, deadline, why);
  if (connection == nullptr) return error_of(why, "Connecting to PostgreSQL");
  const auto set = connection->ask(wait_for_autovacuum, deadline);
  if (set.fault) return error_of(*set.fault, "Clearing away removed rows");
  connection->tell(clear_away);
  while (!connection->is_answered(Steady::now() + stop_look)) {
    if (stop) return Done{};
  }
  const auto cleared = connection->take_answer(Steady::now() + options_.patience);
  if (cleared.fault) return error_of(*cleared.fault, "Clearing away removed rows");
  if (connection->was_warned()) {
    return Error(ErrorCode::storage_failed,
                 "Clearing away removed rows failed: PostgreSQL has skipped the table. Its owner "
                 "has to be the role of the "
                 "server.");
  }
  return Done{};
}

Outcome PostgresStore::wait_until_resolved(Moment deadline) const {
  if (lane_.is_gone()) return PostgresLane::taken_over();
  const Attempts attempts(deadline);
  while (lane_.is_unresolved()) {
    // A commit that is finding out holds the lock; otherwise whoever comes first does.
    if (const std::unique_lock lock(commit_mutex_, std::try_to_lock); lock.owns_lock()) {
      return lane_.is_unresolved() ? lane_.resolve(deadline) : Done{};
    }
    if (!attempts.wait_for_next()) return lane_.held_up();
  }
  return Done{};
}

}  // namespace millrace::storage
