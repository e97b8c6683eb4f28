#pragma once
// The tables of a store in PostgreSQL, and the format they have. All lie in one schema of the database, `millrace`
// unless told otherwise:
//
//   cluster  one row: which cluster this is, and its format
//   kv       the rows of the ordered map. Not partitioned, and not a table for each kind: 16 partitions cost 27 to 44 %
//            of the speed, tables of kinds gain nothing. Values are stored as they are (EXTERNAL), most are short
//   shard    256 rows: owner and epoch
//   lane     one row for each stream of commits. That the row exists is the permission to commit; it is fence, order
//            and token of each commit (postgres_lane.h). Rewritten at each commit, so it has room on its page
//
// A format is raised when older programs would misread what is there; a newer one is refused, an older one migrated.

#include "runtime/base/result.h"
#include "storage/movable_store.h"
#include "storage/postgres/postgres_connection.h"

#include <cstdint>
#include <string>

namespace millrace::storage {

/// What this program writes.
inline constexpr std::int32_t postgres_format_current = 1;
/// Of a database that is being filled.
inline constexpr std::int32_t postgres_format_filling = 0;

/// Letters in lower case, digits and `_`; begins with a letter or `_`, and not like PostgreSQL's own; at most 63.
bool is_schema_name(std::string_view name);

/// Makes the tables where there are none, migrates older ones, and checks that the database is of this cluster: `cluster`
/// is its id as text, empty if any will do. Several may do it at once. Errors: format_not_supported, conflict (another
/// cluster's; rows where none may be), corrupt_data (tables that are not ours), and those of the connection.
Outcome prepare_schema(PostgresConnection& connection, const std::string& schema, OpenedTo purpose,
                       const std::string& cluster, Moment deadline);

}  // namespace millrace::storage
