#pragma once
// Where RocksDB begins to look for a new row's place in memory: behind the last row of the same shard and
// kind, if the row is one of those that are mostly added there (`keys::is_appended`), instead of at the
// head of its skip list. Costs one hint for each shard and kind in use, at most a thousand.
//
// RocksDB 7.8 keeps one hint for rows and for range tombstones, which lie in different lists: a hint that
// both have used aborts the process. No key is both here, because WriteBatch::remove_prefix refuses the
// keys that have hints. Includes RocksDB: for storage/rocks alone.

#include <rocksdb/slice_transform.h>

#include <memory>

namespace millrace::storage {

std::shared_ptr<const rocksdb::SliceTransform> insert_hints();

}  // namespace millrace::storage
