#pragma once
// Stores in the PostgreSQL of the test process.

#include "storage/postgres/postgres_store.h"
#include "tests/support/postgres_server.h"

#include <memory>
#include <string>

namespace millrace::tests {

/// What opens a store in this schema; a new incarnation each time.
storage::PostgresOptions postgres_options(const std::string& schema);

/// Opens, and throws where that fails.
std::unique_ptr<storage::PostgresStore> open_postgres(storage::PostgresOptions options);

/// The tables of a store, as new. Emptying is a tenth of the time of making, so they are used again: one object at a
/// time in a process.
class EmptyPostgresTables {
 public:
  EmptyPostgresTables();
  storage::PostgresOptions options() const;
};

}  // namespace millrace::tests
