#pragma once
// Does the disk take data? Asked before a store that met a full disk is opened anew: opening writes
// a little, and a store that cannot be opened cannot even be read. Includes RocksDB: for
// storage/rocks alone.

#include <rocksdb/env.h>

#include <string>

namespace millrace::storage {

/// Writes, syncs and removes a file of a few MiB. Free blocks alone would not tell: quotas and
/// reserved blocks count as well.
bool can_write(rocksdb::Env& environment, const std::string& directory);

}  // namespace millrace::storage
