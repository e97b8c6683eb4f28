#pragma once
// How RocksDB is set up: one function per concern, each choice with its reason. Includes RocksDB:
// for storage/rocks alone.

#include "storage/rocks/rocks_store.h"

#include <rocksdb/options.h>

namespace millrace::storage {

rocksdb::Options rocks_settings(const RocksOptions& options);

}  // namespace millrace::storage
