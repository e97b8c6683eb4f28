#pragma once
// What an operator should know of a database before work is trusted to it: settings under which PostgreSQL
// acknowledges what a crash or a failover takes back, and ones under which it will not acknowledge anything.

#include "storage/postgres/postgres_connection.h"

#include <string>
#include <vector>

namespace millrace::storage {

/// Sentences; none when all is well, or when the role may not see it. A failure to ask is nobody's loss: whatever
/// comes next meets it, too.
std::vector<std::string> find_risks(PostgresConnection& connection, Moment deadline);

}  // namespace millrace::storage
