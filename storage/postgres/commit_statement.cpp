#include "storage/postgres/commit_statement.h"

#include "storage/keys.h"

#include <algorithm>
#include <map>

namespace millrace::storage {
namespace {

const PostgresStatement commit_all{
    "commit_all",
    "WITH f AS MATERIALIZED (UPDATE lane SET last = $4 WHERE incarnation = $1 AND lane = $2 AND "
    "conn = $3"
    "  AND last = $4 - 1 RETURNING 1),"
    " ok AS MATERIALIZED (SELECT count(*) = 1 AS ok FROM f),"
    " d AS (DELETE FROM kv WHERE key = ANY($5) AND (SELECT ok FROM ok)),"
    " r AS (DELETE FROM kv USING unnest($6, $7) x(lo, hi) WHERE key >= lo AND key < hi AND (SELECT "
    "ok FROM ok)),"
    " p AS (INSERT INTO kv SELECT k, v FROM unnest($8, $9) x(k, v) WHERE (SELECT ok FROM ok)"
    "  ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value)"
    " SELECT ok FROM ok"};

/// Most commits only put, and parts without rows cost as well.
const PostgresStatement commit_puts{
    "commit_puts",
    "WITH f AS MATERIALIZED (UPDATE lane SET last = $4 WHERE incarnation = $1 AND lane = $2 AND "
    "conn = $3"
    "  AND last = $4 - 1 RETURNING 1),"
    " ok AS MATERIALIZED (SELECT count(*) = 1 AS ok FROM f),"
    " p AS (INSERT INTO kv SELECT k, v FROM unnest($5, $6) x(k, v) WHERE (SELECT ok FROM ok)"
    "  ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value)"
    " SELECT ok FROM ok"};

/// The second statement of a commit: sees what the first one has removed, and whether it was allowed to.
const PostgresStatement put_behind{
    "put_behind",
    "INSERT INTO kv SELECT k, v FROM unnest($5, $6) x(k, v) WHERE EXISTS(SELECT FROM lane"
    "  WHERE incarnation = $1 AND lane = $2 AND conn = $3 AND last = $4)"
    " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"};

PostgresQuery query_of(const PostgresStatement& statement, const LanePosition& position) {
  PostgresQuery query(statement);
  position.add_to(query.parameters);
  return query;
}

}  // namespace

void LanePosition::add_to(PostgresParameters& parameters) const {
  parameters.uuid(incarnation).number2(lane).number4(connection).number8(number);
}

CommitRows last_operations(const WriteBatch& batch) {
  using Kind = WriteBatch::Operation::Kind;
  std::map<std::string_view, const WriteBatch::Operation*> last;
  CommitRows rows;
  for (const auto& operation : batch.operations()) {
    if (operation.kind != Kind::remove_prefix) {
      last[operation.key] = &operation;
      continue;
    }
    rows.range_begins.push_back(operation.key);
    rows.range_ends.push_back(keys::end_of_prefix(operation.key));
    last.erase(last.lower_bound(operation.key), last.lower_bound(rows.range_ends.back()));
  }
  const auto is_in_range = [&rows](std::string_view key) {
    return std::any_of(rows.range_begins.begin(), rows.range_begins.end(),
                       [key](std::string_view prefix) { return key.starts_with(prefix); });
  };
  for (const auto& [key, operation] : last) {
    if (operation->kind == Kind::put) {
      rows.keys.push_back(key);
      rows.values.push_back(operation->value);
      rows.has_puts_in_ranges = rows.has_puts_in_ranges || is_in_range(key);
    } else if (!is_in_range(key)) {
      rows.removed.push_back(key);
    }
  }
  return rows;
}

std::vector<PostgresQuery> commit_queries(const CommitRows& rows, const LanePosition& position) {
  std::vector<PostgresQuery> queries;
  if (rows.removed.empty() && rows.range_begins.empty()) {
    queries.push_back(query_of(commit_puts, position));
    queries[0].parameters.bytes_array(rows.keys).bytes_array(rows.values);
    return queries;
  }
  const std::vector<std::string_view> ends(rows.range_ends.begin(), rows.range_ends.end());
  queries.push_back(query_of(commit_all, position));
  queries[0].parameters.bytes_array(rows.removed).bytes_array(rows.range_begins).bytes_array(ends);
  if (!rows.has_puts_in_ranges) {
    queries[0].parameters.bytes_array(rows.keys).bytes_array(rows.values);
    return queries;
  }
  queries[0].parameters.bytes_array({}).bytes_array({});
  queries.push_back(query_of(put_behind, position));
  queries[1].parameters.bytes_array(rows.keys).bytes_array(rows.values);
  return queries;
}

}  // namespace millrace::storage
