#include "storage/maintenance/move_rows.h"

#include "runtime/base/shard_set.h"
#include "storage/rocks/rocks_store.h"
#include "tests/contracts/postgres_stores.h"
#include "tests/contracts/stores.h"
#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"

using namespace millrace;
using namespace millrace::storage;
using namespace millrace::tests;

namespace {

std::unique_ptr<RocksStore> open_rocks(const std::string& directory,
                                       OpenedTo purpose = OpenedTo::serve) {
  RocksOptions options;
  options.directory = directory;
  options.purpose = purpose;
  auto opened = RocksStore::open(options);
  INFO((opened.ok() ? "" : opened.error().message));
  REQUIRE(opened.ok());
  return std::move(*opened);
}

PostgresOptions to_fill(const PostgresSchema& schema) {
  auto options = postgres_options(schema.name());
  options.patience = Millis(60'000);
  options.purpose = OpenedTo::be_filled;
  return options;
}

/// 3 MB, so that it takes several commits.
void fill(OrderedStore& store) {
  for (int part = 0; part < 30; ++part) {
    WriteBatch batch;
    for (int i = 0; i < 100; ++i) {
      batch.put("k-z" + std::to_string(part) + '-' + std::to_string(i),
                std::string(1'000 + i, 'v'));
    }
    must_commit(store, batch);
  }
}

}  // namespace

TEST_CASE("what is moved to PostgreSQL and back is what it was, with its epochs") {
  const TemporaryDirectory there;
  const TemporaryDirectory back;
  const PostgresSchema schema;
  auto source = open_rocks(there.path());
  fill(*source);
  for (int i = 0; i < 3; ++i) REQUIRE(source->claim(ShardSet::all().ids()).ok());
  const std::vector<ShardId> one{ShardId{7}};
  REQUIRE(source->claim(one).ok());
  const auto epochs = source->epochs();

  auto middle = open_postgres(to_fill(schema));
  const auto moved = move_rows(*source, *middle, {}, {});
  REQUIRE(moved.ok());
  CHECK(moved->rows == 3'000);
  CHECK(middle->epochs() == epochs);
  middle = open_postgres(postgres_options(schema.name()));
  CHECK(middle->epochs() == epochs);
  CHECK(rows_of(*middle, "k-z") == rows_of(*source, "k-z"));

  auto target = open_rocks(back.path() + "/data", OpenedTo::be_filled);
  const auto returned = move_rows(*middle, *target, {}, {});
  REQUIRE(returned.ok());
  CHECK(*returned == *moved);
  target.reset();
  target = open_rocks(back.path() + "/data");
  CHECK(target->epochs() == epochs);
  CHECK(rows_of(*target, "k-z") == rows_of(*source, "k-z"));
}

TEST_CASE("a target that was not filled to the end serves nobody and is emptied by the next move") {
  const TemporaryDirectory directory;
  const PostgresSchema schema;
  fill(*open_rocks(directory.path() + "/half", OpenedTo::be_filled));
  fill(*open_postgres(to_fill(schema)));
  RocksOptions rocks;
  rocks.directory = directory.path() + "/half";
  CHECK(RocksStore::open(rocks).error().code == ErrorCode::format_not_supported);
  CHECK(PostgresStore::open(postgres_options(schema.name())).error().code ==
        ErrorCode::format_not_supported);
  CHECK(rows_of(*open_rocks(rocks.directory, OpenedTo::be_filled), "").size() == 1);  // the version
  CHECK(rows_of(*open_postgres(to_fill(schema)), "").empty());
}

TEST_CASE("a store that has served is never filled") {
  const TemporaryDirectory directory;
  const PostgresSchema schema;
  must_commit(*open_rocks(directory.path()), [] {
    WriteBatch batch;
    batch.put("k-za", "1");
    return batch;
  }());
  RocksOptions rocks;
  rocks.directory = directory.path();
  rocks.purpose = OpenedTo::be_filled;
  CHECK(RocksStore::open(rocks).error().code == ErrorCode::conflict);
  // One without rows, too, if somebody has owned shards of it.
  REQUIRE(open_postgres(postgres_options(schema.name()))->claim(ShardSet::all().ids()).ok());
  CHECK(PostgresStore::open(to_fill(schema)).error().code == ErrorCode::conflict);
}

TEST_CASE("a move leaves a database alone that a process is connected to") {
  const PostgresSchema schema;
  const auto served = open_postgres(postgres_options(schema.name()));
  auto options = postgres_options(schema.name());
  options.others = PostgresOptions::Others::refuse;
  CHECK(PostgresStore::open(options).error().code == ErrorCode::directory_in_use);
  CHECK(served->commit(WriteBatch()).ok());
}
