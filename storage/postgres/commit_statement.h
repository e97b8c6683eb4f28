#pragma once
// A batch as statements of PostgreSQL: one, whose first part asks for the permission and takes the next number, and
// whose other parts do nothing without it. So a commit is one round trip, and a fenced one changes nothing.
//
// A statement sees the rows as they were before it, so it must not touch a row twice: of the operations on one key the
// last one is sent alone, and a put below a prefix that the same batch removes makes it two statements of one transaction.

#include "storage/ordered_store.h"
#include "storage/postgres/postgres_connection.h"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::storage {

/// Which commit of which lane: what `lane` has to say before and after it.
struct LanePosition {
  std::string incarnation;  // 16 bytes
  std::int16_t lane = 0;
  std::int32_t connection = 0;  // which of the connections that the lane has had
  std::int64_t number = 0;      // of the commit; the lane is at the one before

  /// Adds all four, as the first parameters of a statement.
  void add_to(PostgresParameters& parameters) const;
};

/// What is left of the operations of a batch; views into it.
struct CommitRows {
  std::vector<std::string_view> removed;
  std::vector<std::string_view> range_begins;
  std::vector<std::string> range_ends;
  std::vector<std::string_view> keys;  // in order
  std::vector<std::string_view> values;
  bool has_puts_in_ranges = false;
};
CommitRows last_operations(const WriteBatch& batch);

/// The first one answers one row, true or false: whether all of it was done or nothing.
std::vector<PostgresQuery> commit_queries(const CommitRows& rows, const LanePosition& position);

}  // namespace millrace::storage
