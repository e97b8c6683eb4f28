#include "storage/rocks/rocks_settings.h"

#include "storage/rocks/insert_hints.h"
#include "storage/rocks/rocks_events.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <memory>

namespace millrace::storage {
namespace {

void set_safety(rocksdb::Options& settings) {
  settings.create_if_missing = true;
  settings.paranoid_checks = true;
  settings.force_consistency_checks = true;
  // A record that a crash cut off at the end of the log was never acknowledged and is dropped.
  // Damage anywhere else refuses to open; the library's default would silently drop the rest.
  settings.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Tenants' bytes stay out of log files and messages.
  settings.allow_data_in_errors = false;
}

void set_memory(rocksdb::Options& settings, const RocksOptions& options) {
  settings.write_buffer_size = options.write_buffer_bytes;
  settings.max_write_buffer_number = 3;
  settings.memtable_insert_with_hint_prefix_extractor = insert_hints();

  rocksdb::BlockBasedTableOptions table;
  // A part of the cache holds nothing that is larger than itself, and a file's filter has megabytes: with the
  // library's 64 parts each look for a row of a large store would read its file's filter anew.
  constexpr int parts_bits = 3;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes, parts_bits);
  // Indexes and filters count against the cache: memory stays bounded however large the data gets.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_size = 16u << 10;
  table.format_version = 5;
  settings.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // Not "all files": sockets need descriptors as well.
  settings.max_open_files = 512;
}

void set_compaction(rocksdb::Options& settings) {
  settings.max_background_jobs = 2;
  settings.compression = rocksdb::kLZ4Compression;
  settings.bottommost_compression = rocksdb::kZSTD;
  settings.level_compaction_dynamic_level_bytes = true;
  settings.compaction_readahead_size = 2u << 20;
  // Spreads the write-back of large files, which would otherwise delay the log's syncs.
  settings.bytes_per_sync = 1u << 20;
  // Timers and markers are queues: rows come at one end and go at the other. Files full of
  // tombstones are compacted early, so that a scan of the rest does not wade through them.
  settings.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(16'384, 8'192));
}

void set_blobs(rocksdb::Options& settings) {
  // Large payloads are written once and not again at each compaction.
  settings.enable_blob_files = true;
  settings.min_blob_size = RocksStore::blob_bytes_min;
  settings.blob_file_size = 64u << 20;
  settings.blob_compression_type = rocksdb::kLZ4Compression;
  settings.enable_blob_garbage_collection = true;
  settings.blob_garbage_collection_age_cutoff = 0.25;
  settings.blob_garbage_collection_force_threshold = 0.5;
}

void set_logging(rocksdb::Options& settings, const RocksOptions& options) {
  settings.info_log = std::make_shared<RocksLog>(options.log);
  settings.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  settings.stats_dump_period_sec = 0;
}

void set_recovery(rocksdb::Options& settings) {
  // After a full disk the store opens the database anew (see rocks_store.h). RocksDB's own attempts,
  // by retries and by looking for space every few seconds, write to files that have seen an error.
  settings.max_bgerror_resume_count = 0;
  settings.listeners.push_back(std::make_shared<NoRecoveryByItself>());
}

}  // namespace

rocksdb::Options rocks_settings(const RocksOptions& options) {
  rocksdb::Options settings;
  if (options.environment != nullptr) settings.env = options.environment;
  set_safety(settings);
  set_memory(settings, options);
  set_compaction(settings);
  set_blobs(settings);
  set_logging(settings, options);
  set_recovery(settings);
  return settings;
}

}  // namespace millrace::storage
