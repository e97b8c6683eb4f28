#pragma once
// The store of a server that does not run, for the commands that work on it: a data directory, or a database in
// PostgreSQL. Whoever has it open keeps it (directory_in_use); nobody can open a directory meanwhile, and whoever opens a
// database takes it from us.

#include "runtime/base/result.h"
#include "storage/movable_store.h"
#include "storage/postgres/postgres_store.h"

#include <memory>
#include <string>

namespace millrace {

using StoppedStore = std::unique_ptr<storage::MovableStore>;

/// Opened to serve it has to be there: not_found otherwise. Errors besides: those of RocksStore.
Result<StoppedStore> open_stopped_directory(const std::string& directory,
                                            storage::OpenedTo purpose);

/// What PostgreSQL's settings put at risk is told on standard error. Errors: those of PostgresStore.
Result<StoppedStore> open_stopped_postgres(const std::string& url, const std::string& schema,
                                           storage::OpenedTo purpose);

}  // namespace millrace
