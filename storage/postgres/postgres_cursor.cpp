#include "storage/postgres/postgres_cursor.h"

#include "runtime/base/check.h"
#include "storage/joined_cursor.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::size_t page_bytes = 1u << 20;
constexpr std::size_t page_rows_max = 1'024;

// What a page has of each row. The size of a value is known without reading it.
constexpr std::size_t key_column = 0;
constexpr std::size_t value_column = 1;  // null: large
constexpr std::size_t bytes_column = 2;
const std::string columns =
    "key, CASE WHEN octet_length(value) <= 16384 THEN value END, octet_length(value)";

/// In the order asked.
const PostgresStatement large_values{"large_values",
                                     "SELECT value FROM unnest($1) WITH ORDINALITY AS x(wanted, "
                                     "place) JOIN kv ON key = wanted ORDER BY place"};

const PostgresStatement begin{"begin_view", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
const PostgresStatement end{"end_view", "COMMIT"};

/// How long a page may take: sorting many rows has its time.
constexpr Millis page_patience{62'000};

PostgresStatement declared(const std::string& select) {
  return {"", "DECLARE c NO SCROLL CURSOR FOR " + select};
}

const PostgresStatement scan_forward =
    declared("SELECT " + columns + " FROM kv WHERE key >= $1 AND key < $2 ORDER BY key");
const PostgresStatement scan_backward =
    declared("SELECT " + columns + " FROM kv WHERE key >= $1 AND key < $2 ORDER BY key DESC");
const PostgresStatement scan_backward_at =
    declared("SELECT " + columns + " FROM kv WHERE key >= $1 AND key <= $2 ORDER BY key DESC");

/// An index scan for each range, which ends at the limit.
PostgresStatement many(const std::string& direction, const std::string& order) {
  return declared(
      "SELECT " + columns +
      " FROM unnest($1, $2, $3) WITH ORDINALITY AS r(lo, hi, prefix_bytes, range),"
      " LATERAL (SELECT key, value FROM kv WHERE key >= r.lo AND key < r.hi ORDER BY key " +
      direction + " LIMIT $4) k ORDER BY " + order + " LIMIT $5");
}

const PostgresStatement many_forward = many("", "range, k.key");
const PostgresStatement many_backward = many("DESC", "range, k.key DESC");
// `substr` counts from 1.
const PostgresStatement merged_forward = many("", "substr(k.key, r.prefix_bytes + 1), range");
const PostgresStatement merged_backward =
    many("DESC", "substr(k.key, r.prefix_bytes + 1) DESC, range");

const PostgresStatement& statement_of(const ManyOptions& options) {
  const bool is_forward = options.direction == Direction::forward;
  if (options.order == ManyOptions::Order::by_tail)
    return is_forward ? merged_forward : merged_backward;
  return is_forward ? many_forward : many_backward;
}

std::int64_t limit_of(std::size_t limit) {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(limit, most));
}

PostgresStatement fetch(std::size_t rows) {
  // Pages of a few sizes only, so that each is prepared once: powers of two.
  const std::string text = std::to_string(rows);
  return {"fetch_" + text, "FETCH FORWARD " + text + " FROM c"};
}

std::size_t page_size_for(std::size_t rows) {
  std::size_t size = 1;
  while (size < rows && size < page_rows_max) size *= 2;
  return size;
}

}  // namespace

PostgresQuery scan_query(std::string_view prefix, Direction direction, std::string_view start_at) {
  KeyBounds bounds = bounds_of({std::string(prefix)});
  const bool is_inside = start_at > bounds.lower && start_at < bounds.upper;
  if (direction == Direction::forward) {
    PostgresQuery query(scan_forward);
    if (is_inside) bounds.lower = start_at;
    if (!start_at.empty() && start_at >= bounds.upper) bounds.lower = bounds.upper;  // nothing
    query.parameters.bytes(bounds.lower).bytes(bounds.upper);
    return query;
  }
  const bool begins_at = !start_at.empty() && start_at < bounds.upper;
  PostgresQuery query(begins_at ? scan_backward_at : scan_backward);
  query.parameters.bytes(bounds.lower).bytes(begins_at ? start_at : bounds.upper);
  return query;
}

PostgresQuery scan_many_query(const std::vector<KeyRange>& ranges, const ManyOptions& options) {
  std::vector<std::string> lower;
  std::vector<std::string> upper;
  std::vector<std::int16_t> prefixes;
  for (const KeyRange& range : ranges) {
    // Ranges without keys stay: they are numbered, and the index finds out at once.
    KeyBounds bounds = bounds_of(range);
    lower.push_back(std::move(bounds.lower));
    upper.push_back(std::move(bounds.upper));
    prefixes.push_back(static_cast<std::int16_t>(range.prefix.size()));
  }
  PostgresQuery query(statement_of(options));
  query.parameters.bytes_array(std::vector<std::string_view>(lower.begin(), lower.end()))
      .bytes_array(std::vector<std::string_view>(upper.begin(), upper.end()))
      .number2_array(prefixes)
      .number8(limit_of(std::min(options.limit_each, options.limit)))
      .number8(limit_of(options.limit));
  return query;
}

Result<std::unique_ptr<PostgresCursor>> PostgresCursor::open(ConnectionPool::Lease connection,
                                                             const PostgresQuery& query,
                                                             std::size_t rows_expected) {
  const std::size_t rows = page_size_for(rows_expected);
  const PostgresStatement first_page = fetch(rows);
  const std::vector<PostgresQuery> queries{begin, query, first_page};
  auto answer = connection->ask(queries, std::chrono::steady_clock::now() + page_patience);
  if (answer.fault) {
    connection->tell(end);
    return error_of(*answer.fault, "Reading a range of rows");
  }
  std::unique_ptr<PostgresCursor> cursor(new PostgresCursor(std::move(connection)));
  cursor->take_page(std::move(answer.rows[2]), rows);
  return cursor;
}

PostgresCursor::~PostgresCursor() { end_transaction(); }

std::string_view PostgresCursor::key() const {
  CHECK(valid(), "a cursor past its end has no key");
  return page_.bytes(at_, key_column);
}

std::string_view PostgresCursor::value() const {
  CHECK(valid(), "a cursor past its end has no value");
  return is_large(at_) ? large_.bytes(large_at_, 0) : page_.bytes(at_, value_column);
}

void PostgresCursor::next() {
  CHECK(valid(), "a cursor past its end cannot move");
  ++at_;
  if (at_ < page_.size()) return reach_value();
  if (!is_last_page_) read_page();
}

Outcome PostgresCursor::status() const { return failure_ ? Outcome(*failure_) : Done{}; }

void PostgresCursor::take_page(PostgresRows page, std::size_t rows_asked) {
  page_ = std::move(page);
  is_last_page_ = page_.size() < rows_asked;
  at_ = 0;
  bytes_ = 0;
  large_left_ = 0;
  large_ = PostgresRows();
  for (std::size_t row = 0; row < page_.size(); ++row) {
    bytes_ += page_.bytes(row, key_column).size() + page_.bytes(row, value_column).size();
    if (is_large(row)) ++large_left_;
  }
  end_transaction_if_read();
  reach_value();
}

void PostgresCursor::read_page() {
  const std::size_t row_bytes = bytes_ / std::max<std::size_t>(page_.size(), 1) + 1;
  // At least one row, at most twice as many as seems right.
  const std::size_t rows = page_size_for(std::max<std::size_t>(page_bytes / row_bytes, 1));
  const PostgresStatement statement = fetch(rows);
  auto answer = (*connection_)->ask(statement, std::chrono::steady_clock::now() + page_patience);
  if (answer.fault) return fail(error_of(*answer.fault, "Reading a range of rows"));
  take_page(std::move(answer.rows[0]), rows);
}

bool PostgresCursor::is_large(std::size_t row) const { return page_.is_null(row, value_column); }

void PostgresCursor::reach_value() {
  if (!valid() || !is_large(at_)) return;
  ++large_at_;
  if (large_at_ >= large_.size()) read_large_values();
}

void PostgresCursor::read_large_values() {
  std::vector<std::string_view> keys;
  std::int64_t bytes = 0;
  for (std::size_t row = at_; row < page_.size(); ++row) {
    if (!is_large(row)) continue;
    bytes += page_.number(row, bytes_column);
    if (!keys.empty() && bytes > static_cast<std::int64_t>(page_bytes)) break;
    keys.push_back(page_.bytes(row, key_column));
  }
  PostgresQuery query(large_values);
  query.parameters.bytes_array(keys);
  auto answer = (*connection_)->ask(query, std::chrono::steady_clock::now() + page_patience);
  if (answer.fault) return fail(error_of(*answer.fault, "Reading large values"));
  if (answer.rows[0].size() != keys.size()) {
    return fail(Error(ErrorCode::corrupt_data,
                      "Reading large values failed: PostgreSQL has lost rows of its table."));
  }
  large_ = std::move(answer.rows[0]);
  large_at_ = 0;
  large_left_ -= keys.size();
  end_transaction_if_read();
}

void PostgresCursor::fail(Error failure) {
  failure_ = std::move(failure);
  at_ = page_.size();
  end_transaction();
}

void PostgresCursor::end_transaction_if_read() {
  if (is_last_page_ && large_left_ == 0) end_transaction();
}

void PostgresCursor::end_transaction() {
  if (!connection_) return;
  (*connection_)->tell(end);
  connection_.reset();
}

std::string_view NoRowsCursor::key() const { CHECK(false, "this cursor has no key"); }

std::string_view NoRowsCursor::value() const { CHECK(false, "this cursor has no value"); }

void NoRowsCursor::next() { CHECK(false, "this cursor cannot move"); }

}  // namespace millrace::storage
