#include "storage/rocks/rocks_store.h"

#include "runtime/base/check.h"
#include "runtime/base/shard_set.h"
#include "storage/joined_cursor.h"
#include "storage/keys.h"
#include "storage/record_codec.h"
#include "storage/rocks/format_version.h"
#include "storage/rocks/rocks_cursor.h"
#include "storage/rocks/rocks_settings.h"
#include "storage/rocks/rocks_status.h"
#include "storage/rocks/space_probe.h"

#include <rocksdb/db.h>
#include <rocksdb/table_properties.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::uint8_t record_version = 1;

constexpr auto epoch_fields = [](auto& record, auto& epoch) { record.number(1, epoch); };

std::string encode_epoch(std::uint64_t epoch) {
  return write_record(record_version, epoch, epoch_fields);
}

Result<std::uint64_t> decode_epoch(std::string_view row) {
  return read_record<std::uint64_t>(row, "epoch", record_version, epoch_fields);
}

/// Copies the operations, once, into the form that RocksDB writes to its log.
rocksdb::Status add_operations(rocksdb::WriteBatch& rows, const WriteBatch& batch) {
  using Kind = WriteBatch::Operation::Kind;
  for (const auto& operation : batch.operations()) {
    rocksdb::Status status;
    switch (operation.kind) {
      case Kind::put:
        status = rows.Put(operation.key, operation.value);
        break;
      case Kind::remove:
        status = rows.Delete(operation.key);
        break;
      case Kind::remove_prefix:
        status = rows.DeleteRange(operation.key, keys::end_of_prefix(operation.key));
        break;
    }
    if (!status.ok()) return status;
  }
  return rocksdb::Status::OK();
}

std::size_t ranges_in(const WriteBatch& batch) {
  const auto& operations = batch.operations();
  return static_cast<std::size_t>(
      std::count_if(operations.begin(), operations.end(), [](const auto& operation) {
        return operation.kind == WriteBatch::Operation::Kind::remove_prefix;
      }));
}

/// Whether so much of what is in the files are removals that rewriting them gives back space. A removed range stands
/// for many rows (storage/tables/run_removal.h).
bool is_worth_compacting(rocksdb::DB& database) {
  constexpr std::uint64_t rows_of_range = 1'000;
  constexpr std::uint64_t share = 8;
  rocksdb::TablePropertiesCollection tables;
  if (!database.GetPropertiesOfAllTables(&tables).ok()) return false;
  std::uint64_t entries = 0;
  std::uint64_t removals = 0;
  for (const auto& [file, properties] : tables) {
    entries += properties->num_entries;
    removals += properties->num_deletions + properties->num_range_deletions * rows_of_range;
  }
  return removals > 0 && removals * share >= entries;
}

/// Whether a quarter of what lies in blob files belongs to no row any more: what is rewritten to get rid of it is then
/// three times as much at most. By itself RocksDB looks at the oldest quarter of these files alone.
bool are_blobs_worth_rewriting(rocksdb::DB& database) {
  using Properties = rocksdb::DB::Properties;
  std::uint64_t all = 0;
  std::uint64_t garbage = 0;
  const bool is_known = database.GetIntProperty(Properties::kLiveBlobFileSize, &all) &&
                        database.GetIntProperty(Properties::kLiveBlobFileGarbageSize, &garbage);
  return is_known && garbage > 0 && garbage * 4 >= all;
}

enum class Blobs : std::uint8_t { stay, are_rewritten };

rocksdb::CompactRangeOptions beside_others(std::atomic<bool>& stop) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.canceled = &stop;
  return options;
}

rocksdb::Status compact(rocksdb::DB& database, Blobs blobs, std::atomic<bool>& stop) {
  auto options = beside_others(stop);
  if (blobs == Blobs::are_rewritten) {
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    options.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    options.blob_garbage_collection_age_cutoff = 1.0;
  }
  return database.CompactRange(options, nullptr, nullptr);
}

/// Merges the shard's rows down to the last level: there removals go, together with what they have removed.
rocksdb::Status compact(rocksdb::DB& database, ShardId shard, std::atomic<bool>& stop) {
  const std::string first = keys::whole_shard(shard);
  const std::string last = keys::end_of_prefix(first);
  const rocksdb::Slice begin(first);
  const rocksdb::Slice end(last);
  return database.CompactRange(beside_others(stop), &begin, &end);
}

/// Upper bound of what RocksDB adds per operation: a tag and two lengths.
constexpr std::size_t operation_overhead_bytes = 12;

Error stale(const Fence& fence, std::uint64_t current) {
  return Error(ErrorCode::stale_epoch, "Shard " +
                                           std::to_string(static_cast<std::uint16_t>(fence.shard)) +
                                           " has another owner: this commit was made under epoch " +
                                           std::to_string(static_cast<std::uint64_t>(fence.epoch)) +
                                           ", the current one is " + std::to_string(current) + ".");
}

Error closed_by_full_disk() {
  return Error(ErrorCode::overloaded,
               "The store is closed because the disk is full. It opens when there is space.");
}

Result<std::optional<std::string>> read_row(rocksdb::DB& database, std::string_view key) {
  std::string value;
  const auto status = database.Get(rocksdb::ReadOptions(), key, &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return error_of(status, "Reading a row");
  return std::optional<std::string>(std::move(value));
}

Outcome load_epochs(rocksdb::DB& database, std::array<std::uint64_t, shard_count>& epochs) {
  for (std::uint16_t shard = 0; shard < shard_count; ++shard) {
    const auto row = read_row(database, keys::epoch(ShardId{shard}));
    if (!row.ok()) return row.error();
    if (!*row) continue;  // never claimed
    const auto epoch = decode_epoch(**row);
    if (!epoch.ok()) return epoch.error();
    epochs[shard] = *epoch;
  }
  return Done{};
}

Error open_error(const rocksdb::Status& status, const std::string& directory) {
  if (status.IsCorruption()) {
    return Error(ErrorCode::corrupt_data,
                 "The data directory " + directory + " is damaged: " + status.ToString() +
                     ". No row was changed. Restore it from a backup, or repair a copy of it.");
  }
  // RocksDB's own lock, held by one of its tools: DirectoryLock has kept out every Millrace.
  if (status.IsIOError() && status.ToString().find("lock ") != std::string::npos) {
    return Error(ErrorCode::directory_in_use,
                 "The data directory " + directory + " is in use: " + status.ToString() + ".");
  }
  return error_of(status, "Opening the data directory " + directory);
}

}  // namespace

Result<std::unique_ptr<RocksStore>> RocksStore::open(RocksOptions options) {
  CHECK(!options.directory.empty(), "a store on disk needs a directory");
  // The library reports by status; threads and memory it may lack are reported by exceptions.
  try {
    std::error_code failed;
    std::filesystem::create_directories(options.directory, failed);
    if (failed) {
      return Error(ErrorCode::storage_failed, "The data directory " + options.directory +
                                                  " cannot be created: " + failed.message() + ".");
    }
    auto lock = DirectoryLock::acquire(options.directory);
    if (!lock.ok()) return lock.error();
    std::unique_ptr<RocksStore> store(new RocksStore(std::move(options), std::move(*lock)));
    if (const auto opened = store->open_database(); !opened.ok()) return opened.error();
    return store;
  } catch (const std::system_error& error) {
    return Error(ErrorCode::storage_failed,
                 std::string("Opening the data directory failed: ") + error.what());
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::storage_failed, "Opening the data directory failed: no memory.");
  }
}

RocksStore::RocksStore(RocksOptions options, DirectoryLock lock)
    : options_(std::move(options)), lock_(std::move(lock)) {}

RocksStore::~RocksStore() { close(); }

std::shared_ptr<rocksdb::DB> RocksStore::database() const {
  const std::shared_lock lock(database_mutex_);
  return database_;
}

void RocksStore::close() {
  if (database_ == nullptr) return;
  CHECK(database_.use_count() == 1, "a cursor outlives its store");
  // An orderly end loses nothing even when commits were not synced one by one. Nobody is left to be
  // told of an error, and the next opening finds out.
  if (options_.durability == Durability::relaxed) database_->SyncWAL().PermitUncheckedError();
  database_->Close().PermitUncheckedError();
  database_.reset();
}

Outcome RocksStore::open_database() {
  CHECK(database_ == nullptr, "the database is open already");
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(rocks_settings(options_), options_.directory, &opened);
  if (!status.ok()) return open_error(status, options_.directory);
  std::shared_ptr<rocksdb::DB> database(opened);
  auto checked = check_format_version(*database, options_.directory, options_.purpose);
  if (!checked.ok()) return checked;
  auto loaded = load_epochs(*database, epochs_);
  if (!loaded.ok()) return loaded;
  database_ = std::move(database);
  return Done{};
}

Outcome RocksStore::commit(const WriteBatch& batch) {
  const std::lock_guard lock(commit_mutex_);
  for (const Fence& fence : batch.fences()) {
    const std::uint64_t current = epochs_.at(static_cast<std::size_t>(fence.shard));
    if (static_cast<std::uint64_t>(fence.epoch) != current) return stale(fence, current);
  }
  // Also an empty batch: to be told that everything before it is durable would be a lie.
  if (!is_healthy_) return recover();
  if (batch.empty()) return Done{};
  rocksdb::WriteBatch rows(batch.bytes() + batch.operations().size() * operation_overhead_bytes);
  if (const auto added = add_operations(rows, batch); !added.ok()) {
    return error_of(added, "A commit");
  }
  auto written = write(rows, options_.durability);
  if (written.ok()) note_removed_ranges(rows.HasDeleteRange() ? ranges_in(batch) : 0);
  return written;
}

Result<std::optional<std::string>> RocksStore::get(std::string_view key) const {
  const auto database = this->database();
  if (database == nullptr) return closed_by_full_disk();
  return read_row(*database, key);
}

std::unique_ptr<Cursor> RocksStore::scan(std::string_view prefix, Direction direction,
                                         std::string_view start_at) const {
  auto database = this->database();
  if (database == nullptr) return std::make_unique<FailedCursor>(closed_by_full_disk());
  return std::make_unique<RocksCursor>(std::move(database), bounds_of({std::string(prefix)}),
                                       direction, start_at);
}

std::unique_ptr<Cursor> RocksStore::scan_many(std::vector<KeyRange> ranges,
                                              const ManyOptions& options) const {
  auto database = this->database();
  if (database == nullptr) return std::make_unique<FailedCursor>(closed_by_full_disk());
  auto open = [direction = options.direction, view = std::make_shared<const RocksView>(
                                                  std::move(database))](const KeyBounds& bounds) {
    return std::make_unique<RocksCursor>(view, bounds, direction);
  };
  return join_ranges(std::move(ranges), options, std::move(open));
}

Result<std::vector<Epoch>> RocksStore::claim(std::span<const ShardId> shards) {
  const ShardSet raised(shards);  // checks each id before anything is written
  const std::lock_guard lock(commit_mutex_);
  if (!is_healthy_) return recover();
  auto epochs = epochs_;
  rocksdb::WriteBatch rows;
  for (const ShardId shard : raised) {
    std::uint64_t& epoch = epochs[static_cast<std::size_t>(shard)];
    const auto added = rows.Put(keys::epoch(shard), encode_epoch(++epoch));
    if (!added.ok()) return error_of(added, "Claiming shards");
  }
  if (!raised.empty()) {
    // Synced even under relaxed durability: an epoch that comes back would readmit an old owner.
    const auto written = write(rows, Durability::synced);
    if (!written.ok()) return written.error();
  }
  epochs_ = epochs;
  std::vector<Epoch> claimed;
  for (const ShardId shard : shards) {
    claimed.push_back(Epoch{epochs_[static_cast<std::size_t>(shard)]});
  }
  return claimed;
}

std::vector<Epoch> RocksStore::epochs() {
  const std::lock_guard lock(commit_mutex_);
  std::vector<Epoch> epochs;
  for (const std::uint64_t epoch : epochs_) epochs.push_back(Epoch{epoch});
  return epochs;
}

Outcome RocksStore::end_filling(std::span<const Epoch> epochs) {
  CHECK(epochs.size() == shard_count, "each shard needs its epoch");
  CHECK(options_.purpose == OpenedTo::be_filled, "this store was not opened to be filled");
  const std::lock_guard lock(commit_mutex_);
  if (!is_healthy_) return recover();
  rocksdb::WriteBatch rows;
  auto added = rows.Put(keys::format_version(), encode_format_version(format_version_current));
  for (std::size_t shard = 0; added.ok() && shard < shard_count; ++shard) {
    added = rows.Put(keys::epoch(ShardId{static_cast<std::uint16_t>(shard)}),
                     encode_epoch(static_cast<std::uint64_t>(epochs[shard])));
  }
  if (!added.ok()) return error_of(added, "Ending the move");
  if (auto written = write(rows, Durability::synced); !written.ok()) return written;
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    epochs_[shard] = static_cast<std::uint64_t>(epochs[shard]);
  }
  return Done{};
}

RocksStats RocksStore::stats() const {
  using Properties = rocksdb::DB::Properties;
  RocksStats stats;
  const auto database = this->database();
  if (database == nullptr) return stats;
  const auto property = [&database](const std::string& name) {
    std::uint64_t value = 0;
    return database->GetIntProperty(name, &value) ? value : 0;
  };
  stats.rows = property(Properties::kEstimateNumKeys);
  stats.table_bytes = property(Properties::kTotalSstFilesSize);
  stats.blob_bytes = property(Properties::kTotalBlobFileSize);
  stats.write_buffer_bytes = property(Properties::kCurSizeAllMemTables);
  stats.block_cache_bytes = property(Properties::kBlockCacheUsage);
  stats.compaction_pending_bytes = property(Properties::kEstimatePendingCompactionBytes);
  return stats;
}

Outcome RocksStore::write(rocksdb::WriteBatch& rows, Durability durability) {
  const auto database = this->database();
  if (database == nullptr) return closed_by_full_disk();
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::synced;
  const auto status = database->Write(options, &rows);
  if (status.ok()) return Done{};
  return remember_failure(status);
}

void RocksStore::note_removed_ranges(std::size_t count) {
  removed_ranges_ += count;
  if (removed_ranges_ < removed_ranges_max) return;
  removed_ranges_ = 0;
  const auto database = this->database();
  if (database == nullptr) return;
  rocksdb::FlushOptions flush;
  flush.wait = false;
  flush.allow_write_stall = true;  // or this commit waits until it is sure that no other one will
  // What fails here fails the next commit, which tells.
  database->Flush(flush).PermitUncheckedError();
}

Outcome RocksStore::reclaim(std::atomic<bool>& stop, std::span<const ShardId> erased) {
  const auto database = this->database();
  if (database == nullptr) return closed_by_full_disk();
  if (const auto flushed = database->Flush(rocksdb::FlushOptions()); !flushed.ok()) {
    return error_of(flushed, "Writing the rows in memory to a file");
  }
  rocksdb::Status compacted;
  if (!stop && is_worth_compacting(*database)) {
    compacted = compact(*database, Blobs::stay, stop);
  } else {
    for (const ShardId shard : erased) {
      if (compacted.ok() && !stop) compacted = compact(*database, shard, stop);
    }
  }
  // Only now it is known which blobs nobody refers to.
  if (compacted.ok() && !stop && are_blobs_worth_rewriting(*database)) {
    compacted = compact(*database, Blobs::are_rewritten, stop);
  }
  if (compacted.ok() || compacted.IsIncomplete()) return Done{};
  return error_of(compacted, "Compacting the store");
}

Error RocksStore::remember_failure(const rocksdb::Status& status) {
  Error error = error_of(status, "A commit");
  is_healthy_ = false;
  if (!status.IsNoSpace()) failure_ = error;
  return error;
}

Error RocksStore::recover() {
  CHECK(!is_healthy_, "a healthy store needs no recovery");
  if (failure_) return *failure_;
  const auto full = [](std::string_view why) {
    return Error(ErrorCode::overloaded, "A commit failed: " + std::string(why));
  };
  rocksdb::Env* disk =
      options_.environment != nullptr ? options_.environment : rocksdb::Env::Default();
  if (!can_write(*disk, options_.directory)) return full("the disk is full.");

  const std::unique_lock lock(database_mutex_);
  // A compaction that was asked for would be waited for like a reader (reclaim).
  if (database_ != nullptr) database_->DisableManualCompaction();
  // New readers wait at the lock. Point reads end in a moment, cursors perhaps not.
  for (int i = 0; i < 1'000 && database_.use_count() > 1; ++i) std::this_thread::yield();
  if (database_.use_count() > 1) {
    database_->EnableManualCompaction();
    return full("the disk was full, and the store waits for readers before it goes on.");
  }
  close();
  if (const auto opened = open_database(); !opened.ok()) return opened.error();
  is_healthy_ = true;
  return full("the disk was full. It has space again, and the next commit is written.");
}

}  // namespace millrace::storage
