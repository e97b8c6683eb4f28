// What only the store on disk can promise: see storage/rocks/rocks_store.h.

#include "storage/rocks/rocks_store.h"

#include "runtime/base/shard_set.h"
#include "storage/keys.h"
#include "storage/rocks/format_version.h"
#include "storage/rocks/rocks_events.h"
#include "tests/contracts/stores.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"
#include "tests/unit/storage/rocks/failing_disk.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

namespace millrace::tests {
namespace {

namespace fs = std::filesystem;
using storage::RocksOptions;
using storage::RocksStore;
using storage::WriteBatch;
using namespace std::string_literals;

std::string key(int number) { return "\0\0\xf0"s + std::to_string(100'000 + number); }

Result<std::unique_ptr<RocksStore>> try_open(const std::string& directory) {
  RocksOptions options;
  options.directory = directory;
  return RocksStore::open(options);
}

std::unique_ptr<RocksStore> open(const std::string& directory) {
  auto opened = try_open(directory);
  INFO((opened.ok() ? "" : opened.error().message));
  REQUIRE(opened.ok());
  return std::move(*opened);
}

Outcome commit_row(RocksStore& store, int number, std::size_t bytes = 100) {
  WriteBatch batch;
  batch.put(key(number), std::string(bytes, static_cast<char>('a' + number % 26)));
  return store.commit(batch);
}

/// Commits rows 0 to `count` - 1, each on its own, and closes the store.
void fill(const std::string& directory, int count, std::size_t bytes = 100) {
  const auto store = open(directory);
  for (int i = 0; i < count; ++i) REQUIRE(commit_row(*store, i, bytes).ok());
}

/// How many of the rows 0, 1, ... are there, without a hole.
int rows_without_hole(const RocksStore& store) {
  for (int i = 0;; ++i) {
    if (!store.get(key(i))->has_value()) {
      REQUIRE_FALSE(store.get(key(i + 1))->has_value());
      return i;
    }
  }
}

/// The largest file whose name ends in `extension`.
fs::path file_of(const std::string& directory, const std::string& extension) {
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != extension) continue;
    if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
  }
  REQUIRE_FALSE(largest.empty());
  return largest;
}

void flip_bit(const fs::path& file, std::uintmax_t position) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(position));
  const char byte = static_cast<char>(stream.get() ^ 0x10);
  stream.seekp(static_cast<std::streamoff>(position));
  stream.put(byte);
  REQUIRE(stream.good());
}

TEST_CASE("a directory that is open is refused to a second store by name", "[rocks]") {
  const TemporaryDirectory directory;
  auto first = open(directory.path());
  const auto second = try_open(directory.path());
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == ErrorCode::directory_in_use);
  CHECK(second.error().message.find(directory.path()) != std::string::npos);
  CHECK(second.error().message.find("process " + std::to_string(::getpid())) != std::string::npos);
  CHECK(commit_row(*first, 1).ok());
  first.reset();
  CHECK(try_open(directory.path()).ok());
}

TEST_CASE("a directory of a newer format is refused with both versions", "[rocks]") {
  const TemporaryDirectory directory;
  fill(directory.path(), 3);
  const auto write_version = [&](const std::string& row) {
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open(rocksdb::Options(), directory.path(), &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    REQUIRE(database->Put(rocksdb::WriteOptions(), storage::keys::format_version(), row).ok());
  };
  write_version(storage::encode_format_version(storage::format_version_current + 1));
  const auto refused = try_open(directory.path());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::format_not_supported);
  const auto says = [&](std::uint32_t version) {
    return refused.error().message.find(std::to_string(version)) != std::string::npos;
  };
  CHECK((says(storage::format_version_current + 1) && says(storage::format_version_current)));

  write_version("");
  CHECK(try_open(directory.path()).error().code == ErrorCode::corrupt_data);
  write_version(storage::encode_format_version(storage::format_version_current));
  CHECK(rows_without_hole(*open(directory.path())) == 3);
}

TEST_CASE("a database of somebody else is not taken for a data directory", "[rocks]") {
  const TemporaryDirectory directory;
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open(options, directory.path(), &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    REQUIRE(database->Put(rocksdb::WriteOptions(), "theirs", "row").ok());
  }
  const auto refused = try_open(directory.path());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::corrupt_data);
}

TEST_CASE("a log cut anywhere loses the commits behind the cut and no other", "[rocks]") {
  constexpr int rows = 40;
  for (const std::uintmax_t cut : {1u, 7u, 100u, 131u, 132u, 133u, 1'000u, 3'000u}) {
    const TemporaryDirectory directory;
    fill(directory.path(), rows);
    const auto log = file_of(directory.path(), ".log");
    const auto size = fs::file_size(log);
    const auto bytes_per_row = size / rows;  // the format row and headers round it up
    fs::resize_file(log, size - cut);
    const auto store = open(directory.path());
    const int kept = rows_without_hole(*store);
    CHECK(kept < rows);
    CHECK(kept >= rows - 2 - static_cast<int>(cut / (bytes_per_row - 8)));
    CHECK(commit_row(*store, kept).ok());
  }
}

TEST_CASE("a flipped bit in the middle of the log refuses to open", "[rocks]") {
  constexpr int rows = 400;  // 50 KiB: more than one block of the log
  for (const double place : {0.1, 0.4, 0.55}) {
    const TemporaryDirectory directory;
    fill(directory.path(), rows);
    const auto log = file_of(directory.path(), ".log");
    flip_bit(log, static_cast<std::uintmax_t>(static_cast<double>(fs::file_size(log)) * place));
    const auto refused = try_open(directory.path());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::corrupt_data);
    CHECK(refused.error().message.find(directory.path()) != std::string::npos);
  }
}

TEST_CASE("no flipped bit before the last block of the log loses rows in silence", "[rocks]") {
  const TemporaryDirectory directory;
  constexpr int rows = 400;
  fill(directory.path(), rows);
  constexpr std::uintmax_t block_bytes = 32'768;
  const auto size = fs::file_size(file_of(directory.path(), ".log"));
  REQUIRE(size > block_bytes);
  // A prime step: positions fall on checksums, lengths, types and contents of records.
  for (std::uintmax_t position = 1; position < block_bytes; position += 1'021) {
    const TemporaryDirectory copy;
    fs::copy(directory.path(), copy.path(), fs::copy_options::recursive);
    flip_bit(file_of(copy.path(), ".log"), position);
    const auto opened = try_open(copy.path());
    INFO("position: " << position);
    if (opened.ok()) {
      CHECK(rows_without_hole(**opened) == rows);
    } else {
      CHECK(opened.error().code == ErrorCode::corrupt_data);
    }
  }
}

TEST_CASE("a flipped bit in a table is reported and not served", "[rocks]") {
  const TemporaryDirectory directory;
  constexpr int rows = 400;
  fill(directory.path(), rows);
  open(directory.path()).reset();  // recovery turns the log into a table
  const auto table = file_of(directory.path(), ".sst");
  flip_bit(table, 100);
  const auto opened = try_open(directory.path());
  if (!opened.ok()) {
    CHECK(opened.error().code == ErrorCode::corrupt_data);
    return;
  }
  const auto cursor = (*opened)->scan("\0\0\xf0"s, storage::Direction::forward, {});
  int seen = 0;
  for (; cursor->valid(); cursor->next()) ++seen;
  CHECK(seen < rows);
  REQUIRE_FALSE(cursor->status().ok());
  CHECK(cursor->status().error().code == ErrorCode::corrupt_data);
  const auto row = (*opened)->get(key(0));
  REQUIRE_FALSE(row.ok());
  CHECK(row.error().code == ErrorCode::corrupt_data);
}

TEST_CASE("a flipped bit in a large value is reported and not served", "[rocks]") {
  const TemporaryDirectory directory;
  fill(directory.path(), 2, 200'000);
  open(directory.path()).reset();
  const auto blobs = file_of(directory.path(), ".blob");
  flip_bit(blobs, fs::file_size(blobs) / 4);
  const auto store = open(directory.path());
  const auto row = store->get(key(0));
  REQUIRE_FALSE(row.ok());
  CHECK(row.error().code == ErrorCode::corrupt_data);
}

TEST_CASE("a lost table refuses to open", "[rocks]") {
  const TemporaryDirectory directory;
  fill(directory.path(), 10);
  open(directory.path()).reset();
  fs::remove(file_of(directory.path(), ".sst"));
  const auto refused = try_open(directory.path());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::corrupt_data);
}

TEST_CASE("a directory that cannot be made is an error and not an exception", "[rocks]") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() + "/file") << "not a directory";
  const auto refused = try_open(directory.path() + "/file/data");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::storage_failed);
}

class StoreOnFailingDisk {
 public:
  StoreOnFailingDisk() { open(); }
  RocksStore& store() { return *store_; }
  FailingDisk& disk() { return disk_; }
  void open() {
    RocksOptions options;
    options.directory = directory_.path();
    options.environment = disk_.environment();
    auto opened = RocksStore::open(options);
    REQUIRE(opened.ok());
    store_ = std::move(*opened);
  }
  void reopen() {
    store_.reset();
    open();
  }

 private:
  TemporaryDirectory directory_;
  FailingDisk disk_;  // outlives the store
  std::unique_ptr<RocksStore> store_;
};

TEST_CASE("a full disk answers overloaded and commits go on when there is space", "[rocks]") {
  StoreOnFailingDisk under_test;
  int next = 0;
  // The log may have rows or be new when the disk fills up; both must recover.
  const int rows_before = GENERATE(0, 3);
  if (rows_before == 0) under_test.reopen();
  for (; next < rows_before; ++next) REQUIRE(commit_row(under_test.store(), next).ok());

  for (int round = 0; round < 3; ++round) {
    under_test.disk().become(FailingDisk::State::full);
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto refused = commit_row(under_test.store(), 50'000);
      REQUIRE_FALSE(refused.ok());
      INFO(refused.error().message);
      CHECK(refused.error().code == ErrorCode::overloaded);
    }
    CHECK(rows_without_hole(under_test.store()) == next);
    under_test.disk().become(FailingDisk::State::well);
    // Whoever built on the failed commit's absence is told once more, as it may be there after all.
    CHECK(commit_row(under_test.store(), 50'001).error().code == ErrorCode::overloaded);
    CHECK_FALSE(under_test.store().get(key(50'001))->has_value());
    REQUIRE(commit_row(under_test.store(), next++).ok());
    // In every other round the disk fills up again before the second commit.
    if (round % 2 == 0) REQUIRE(commit_row(under_test.store(), next++).ok());
  }
  under_test.reopen();
  CHECK(rows_without_hole(under_test.store()) == next);
  CHECK_FALSE(under_test.store().get(key(50'000))->has_value());
}

TEST_CASE("a full disk leaves rows readable and recovery waits for open cursors", "[rocks]") {
  StoreOnFailingDisk under_test;
  const auto epochs = *under_test.store().claim(ShardSet::all().ids());
  for (int i = 0; i < 3; ++i) REQUIRE(commit_row(under_test.store(), i).ok());
  auto cursor = under_test.store().scan("\0\0\xf0"s, storage::Direction::forward, {});
  under_test.disk().become(FailingDisk::State::full);
  CHECK(commit_row(under_test.store(), 3).error().code == ErrorCode::overloaded);
  CHECK(under_test.store().claim(ShardSet::all().ids()).error().code == ErrorCode::overloaded);
  CHECK(rows_without_hole(under_test.store()) == 3);

  under_test.disk().become(FailingDisk::State::well);
  for (int twice = 0; twice < 2; ++twice) {
    CHECK(commit_row(under_test.store(), 3).error().code == ErrorCode::overloaded);
  }
  CHECK(rest_of(*cursor).size() == 3);
  cursor.reset();
  CHECK(commit_row(under_test.store(), 3).error().code == ErrorCode::overloaded);
  WriteBatch batch;
  batch.put(key(3), "value");
  batch.require({ShardId{9}, epochs[9]});
  CHECK(under_test.store().commit(batch).ok());
}

TEST_CASE("an empty commit on a full disk fails like any other and finds the space again",
          "[rocks]") {
  StoreOnFailingDisk under_test;
  REQUIRE(commit_row(under_test.store(), 0).ok());
  CHECK(under_test.store().commit({}).ok());
  under_test.disk().become(FailingDisk::State::full);
  REQUIRE_FALSE(commit_row(under_test.store(), 1).ok());
  const auto refused = under_test.store().commit({});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::overloaded);
  under_test.disk().become(FailingDisk::State::well);
  CHECK_FALSE(under_test.store().commit({}).ok());  // opens the database anew
  CHECK(under_test.store().commit({}).ok());
  CHECK(commit_row(under_test.store(), 1).ok());
}

TEST_CASE("RocksDB keeps no log file that a full disk could break", "[rocks]") {
  const TemporaryDirectory directory;
  fill(directory.path(), 3);
  open(directory.path()).reset();
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    CHECK(entry.path().filename().string().rfind("LOG", 0) == std::string::npos);
  }
}

TEST_CASE("what RocksDB warns of goes to the log of the node", "[rocks]") {
  std::vector<std::pair<LogLevel, std::string>> lines;
  storage::RocksLog log(
      [&](LogLevel level, const std::string& line) { lines.emplace_back(level, line); });
  rocksdb::Info(&log, "nobody needs to know");
  rocksdb::Header(&log, "nor the settings");
  rocksdb::Warn(&log, "file %d is odd", 7);
  rocksdb::Error(&log, "%s", std::string(10'000, 'x').c_str());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == std::pair(LogLevel::warning, "rocksdb: file 7 is odd"s));
  CHECK(lines[1].first == LogLevel::error);
  CHECK(lines[1].second.size() < 4'096);
  storage::RocksLog nowhere{LogSink()};
  rocksdb::Warn(&nowhere, "said to nobody");
}

TEST_CASE("after a failed write the store refuses commits until it is reopened", "[rocks]") {
  StoreOnFailingDisk under_test;
  REQUIRE(commit_row(under_test.store(), 0).ok());
  under_test.disk().become(FailingDisk::State::broken);
  CHECK(commit_row(under_test.store(), 1).error().code == ErrorCode::storage_failed);
  under_test.disk().become(FailingDisk::State::well);
  CHECK(commit_row(under_test.store(), 1).error().code == ErrorCode::storage_failed);
  CHECK(under_test.store().claim(ShardSet::all().ids()).error().code == ErrorCode::storage_failed);
  CHECK(rows_without_hole(under_test.store()) == 1);
  under_test.reopen();
  CHECK(commit_row(under_test.store(), 1).ok());
  CHECK(rows_without_hole(under_test.store()) == 2);
}

TEST_CASE("relaxed durability keeps every commit over an orderly restart", "[rocks]") {
  const TemporaryDirectory directory;
  RocksOptions options;
  options.directory = directory.path();
  options.durability = storage::Durability::relaxed;
  {
    const auto store = RocksStore::open(options);
    REQUIRE(store.ok());
    for (int i = 0; i < 100; ++i) REQUIRE(commit_row(**store, i).ok());
  }
  CHECK(rows_without_hole(*open(directory.path())) == 100);
}

TEST_CASE("the statistics show rows and where large values lie", "[rocks]") {
  const TemporaryDirectory directory;
  fill(directory.path(), 8, 40'000);
  const auto store = open(directory.path());
  const auto stats = store->stats();
  CHECK(stats.rows >= 8);
  CHECK(stats.table_bytes > 0);
  CHECK(stats.blob_bytes > 0);
  CHECK(stats.write_buffer_bytes > 0);
}

}  // namespace
namespace {

std::uintmax_t bytes_on_disk(const std::string& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace

namespace {

/// Nothing that could be compressed, nor beside another one.
std::string noise_of(std::size_t bytes, std::uint32_t seed = 1) {
  std::string noise(bytes, '\0');
  std::uint32_t state = seed * 2'654'435'761u;
  for (char& byte : noise)
    byte = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return noise;
}

/// Without the log.
std::uintmax_t bytes_in_tables(const std::string& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(directory)) {
    std::error_code gone;  // a file that was compacted away
    const auto size = entry.file_size(gone);
    if (entry.path().extension() == ".sst" && !gone) bytes += size;
  }
  return bytes;
}

}  // namespace

TEST_CASE("of a shard that somebody was erased from the rows leave the disk, however few they are",
          "[rocks]") {
  const TemporaryDirectory directory;
  constexpr std::size_t bytes = 9'000;
  const auto store = open(directory.path());
  const auto of_other_shard = [](int i) { return "\0\1\xf0"s + std::to_string(1'000 + i); };
  WriteBatch batch;
  for (int i = 0; i < 10; ++i)
    batch.put(key(i), noise_of(bytes, 1'000u + static_cast<unsigned>(i)));
  for (int i = 0; i < 400; ++i) {
    batch.put(of_other_shard(i), noise_of(bytes, static_cast<unsigned>(i)));
  }
  REQUIRE(store->commit(batch).ok());
  std::atomic<bool> stop{false};
  REQUIRE(store->reclaim(stop).ok());
  const auto full = bytes_in_tables(directory.path());
  REQUIRE(full > 400 * bytes);
  WriteBatch removal;
  for (int i = 0; i < 10; ++i) removal.remove(key(i));
  REQUIRE(store->commit(removal).ok());
  REQUIRE(store->reclaim(stop).ok());  // a fortieth is not worth it
  CHECK(bytes_in_tables(directory.path()) >= full);
  const std::vector<ShardId> erased{ShardId{0}};
  REQUIRE(store->reclaim(stop, erased).ok());
  CHECK(poll_until([&] { return bytes_in_tables(directory.path()) < full - 80'000; }));
  CHECK(rows_of(*store, "\0\1\xf0"s).size() == 400);
}

TEST_CASE("what was removed gives its space back, large values too, and what is left stays",
          "[rocks]") {
  const TemporaryDirectory directory;
  const std::string noise = noise_of(40'000);
  const auto store = open(directory.path());
  constexpr int count = 400;
  for (int i = 0; i < count; ++i) {
    WriteBatch batch;
    batch.put(key(2 * i), std::to_string(i) + noise);  // in a blob file
    batch.put(key(2 * i + 1), std::to_string(i) + noise.substr(0, 9'000));
    REQUIRE(store->commit(batch).ok());
  }
  std::atomic<bool> stop{false};
  REQUIRE(store->reclaim(stop).ok());  // nothing was removed: rows are written to files, no more
  const auto full = bytes_on_disk(directory.path());
  CHECK(full > 400u * 40'000);
  WriteBatch batch;
  for (int i = 20; i < 2 * count; ++i) batch.remove(key(i));
  REQUIRE(store->commit(batch).ok());
  REQUIRE(store->reclaim(stop).ok());
  const auto left = bytes_on_disk(directory.path());
  INFO(full << " bytes, and then " << left);
  CHECK(left < full / 10);
  CHECK(rows_of(*store, "\0\0\xf0"s).size() == 20);
}

TEST_CASE("ranges that are removed do not pile up in memory, where each read would sort them all",
          "[rocks]") {
  const TemporaryDirectory directory;
  const auto store = open(directory.path());
  for (int i = 0; i < 1'000; ++i) REQUIRE(commit_row(*store, i).ok());
  for (int i = 0; i < 1'000; i += 2) {
    WriteBatch batch;
    batch.remove_prefix(key(i));
    REQUIRE(store->commit(batch).ok());
  }
  // Of 500 ranges at most removed_ranges_max are still to be written to a file.
  const auto has_files = [&] {
    const auto files = fs::directory_iterator(directory.path());
    return std::any_of(begin(files), end(files),
                       [](const auto& entry) { return entry.path().extension() == ".sst"; });
  };
  CHECK(poll_until(has_files));
  CHECK(rows_of(*store, "\0\0\xf0"s).size() == 500);
}

}  // namespace millrace::tests
