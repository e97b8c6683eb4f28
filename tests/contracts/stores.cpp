#include "tests/contracts/stores.h"

#include "storage/cached_store.h"
#include "storage/memory/memory_store.h"
#include "storage/postgres/postgres_store.h"
#include "storage/rocks/rocks_store.h"
#include "tests/contracts/postgres_stores.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  storage::OrderedStore& store() override { return store_; }
  void reopen() override {}

 private:
  storage::MemoryStore store_;
};

class RocksUnderTest final : public StoreUnderTest {
 public:
  RocksUnderTest() { open(); }
  storage::OrderedStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    storage::RocksOptions options;
    options.directory = directory_.path();
    auto opened = storage::RocksStore::open(options);
    REQUIRE(opened.ok());
    store_ = std::move(*opened);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<storage::RocksStore> store_;
};

class PostgresUnderTest final : public StoreUnderTest {
 public:
  PostgresUnderTest() { open(); }
  storage::OrderedStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() { store_ = open_postgres(tables_.options()); }

  const EmptyPostgresTables tables_;
  std::unique_ptr<storage::PostgresStore> store_;
};

class CachedUnderTest final : public StoreUnderTest {
 public:
  storage::OrderedStore& store() override { return store_; }
  void reopen() override {}

 private:
  storage::CachedStore store_{std::make_unique<storage::MemoryStore>()};
};

}  // namespace

std::unique_ptr<StoreUnderTest> any_store() {
  const auto kind = GENERATE(as<std::string>(), "memory", "rocks", "postgres", "cached");
  UNSCOPED_INFO("store: " << kind);
  if (kind == "memory") return std::make_unique<MemoryUnderTest>();
  if (kind == "postgres") return std::make_unique<PostgresUnderTest>();
  if (kind == "cached") return std::make_unique<CachedUnderTest>();
  return std::make_unique<RocksUnderTest>();
}

void must_commit(storage::OrderedStore& store, const storage::WriteBatch& batch) {
  const Outcome outcome = store.commit(batch);
  INFO((outcome.ok() ? "" : outcome.error().message));
  REQUIRE(outcome.ok());
}

Rows rest_of(storage::Cursor& cursor) {
  Rows rows;
  for (; cursor.valid(); cursor.next()) rows.emplace_back(cursor.key(), cursor.value());
  REQUIRE(cursor.status().ok());
  return rows;
}

Rows rows_of(const storage::OrderedStore& store, std::string_view prefix,
             storage::Direction direction, std::string_view start_at) {
  return rest_of(*store.scan(prefix, direction, start_at));
}

}  // namespace millrace::tests
