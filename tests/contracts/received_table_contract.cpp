// storage/tables/received_table.h over every store.

#include "storage/keys.h"
#include "storage/tables/received_table.h"
#include "tests/contracts/executions.h"
#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::ReceivedRow;
using storage::ReceivedTable;
using storage::WriteBatch;

const ProjectId project("p");
const UserId user("u");
const ShardId shard = shard_of(project, user);

std::string digest(char c) { return std::string(32, c); }

ExecutionId run(std::uint8_t n) {
  ExecutionId id;
  id.bytes[15] = n;
  return id;
}

void put(storage::OrderedStore& store, const ReceivedRow& row) {
  WriteBatch batch;
  ReceivedTable::put(batch, row);
  must_commit(store, batch);
}

TEST_CASE("what was received is found with all that it has started", "[received_table]") {
  const auto store = any_store();
  put(**store, {project, user, digest('a'), at(5), digest('c'), {run(1), run(2)}});
  store->reopen();
  const ReceivedTable table(**store);
  const auto row = table.find(project, user, digest('a'));
  REQUIRE((row.ok() && row->has_value()));
  CHECK((*row)->at == at(5));
  CHECK((*row)->content == digest('c'));
  CHECK((*row)->executions == std::vector{run(1), run(2)});
  CHECK_FALSE(table.find(project, user, digest('b'))->has_value());
  CHECK_FALSE(table.find(project, UserId("v"), digest('a'))->has_value());
}

TEST_CASE("old ones are removed a few at a time, the oldest first", "[received_table]") {
  const auto store = any_store();
  for (char c = 'a'; c <= 'j'; ++c) put(**store, {project, user, digest(c), at(c - 'a'), {}, {run(1)}});
  const ReceivedTable table(**store);
  const auto remove = [&](Instant from, Instant before, std::size_t most) {
    WriteBatch batch;
    const auto removed = table.remove_old(batch, shard, from, before, most);
    REQUIRE(removed.ok());
    must_commit(**store, batch);
    return *removed;
  };
  CHECK(remove(at(0), at(5), 3) == 3);
  CHECK_FALSE(table.find(project, user, digest('c'))->has_value());
  CHECK(table.find(project, user, digest('d'))->has_value());
  CHECK(remove(at(0), at(5), 3) == 2);
  CHECK(remove(at(0), at(5), 3) == 0);
  CHECK(table.find(project, user, digest('f'))->has_value());
  CHECK(rows_of(**store, storage::keys::received_by_time(shard)).size() == 5);
}

TEST_CASE("all of one user are removed, and of nobody else", "[received_table]") {
  const auto store = any_store();
  for (char c = 'a'; c <= 'e'; ++c) put(**store, {project, user, digest(c), at(c - 'a'), {}, {run(1)}});
  put(**store, {project, UserId("u2"), digest('a'), at(1), {}, {}});
  const ReceivedTable table(**store);
  WriteBatch batch;
  CHECK(*table.remove_user(batch, project, user, 4) == 4);
  CHECK(*table.remove_user(batch, project, user, 100) == 5);
  must_commit(**store, batch);
  CHECK(rows_of(**store, storage::keys::received(project, user)).empty());
  CHECK(table.find(project, UserId("u2"), digest('a'))->has_value());
  CHECK(rows_of(**store, storage::keys::received_by_time(shard)).empty() ==
        (shard != shard_of(project, UserId("u2"))));
}

}  // namespace
}  // namespace millrace::tests
