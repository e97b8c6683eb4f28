#pragma once
// RocksDB's statuses as Millrace's errors. Includes RocksDB: for storage/rocks alone.

#include "runtime/base/error.h"

#include <rocksdb/status.h>

#include <string_view>

namespace millrace::storage {

/// `doing` completes the sentence "... failed", e.g. "A commit".
Error error_of(const rocksdb::Status& status, std::string_view doing);

}  // namespace millrace::storage
