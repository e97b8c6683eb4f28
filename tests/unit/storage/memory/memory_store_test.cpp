// The fault switch of the store in memory, and that old versions do not pile up in it.

#include "storage/memory/memory_store.h"

#include "tests/contracts/stores.h"
#include "tests/support/catch.h"

namespace millrace::tests {
namespace {

using storage::MemoryStore;
using storage::WriteBatch;

WriteBatch one_row(const std::string& value) {
  WriteBatch batch;
  batch.put("key of a row", value);
  return batch;
}

TEST_CASE("the fault switch fails exactly the commits it was told to", "[memory]") {
  MemoryStore store;
  store.fail_next_commits(2, ErrorCode::overloaded);
  CHECK(store.commit(WriteBatch()).ok());  // has nothing to fail at
  CHECK(store.commit(one_row("1")).error().code == ErrorCode::overloaded);
  CHECK(store.commit(one_row("2")).error().code == ErrorCode::overloaded);
  CHECK_FALSE(store.get("key of a row")->has_value());
  CHECK(store.commit(one_row("3")).ok());
  CHECK(store.commit_count() == 1);
}

TEST_CASE("a cursor sees its own version of a row among many", "[memory]") {
  MemoryStore store;
  std::vector<std::unique_ptr<storage::Cursor>> cursors;
  for (int i = 0; i < 20; ++i) {
    must_commit(store, one_row(std::to_string(i)));
    cursors.push_back(store.scan("key", storage::Direction::forward, {}));
  }
  // Closed from the middle outwards, so that the oldest view changes late and early.
  while (!cursors.empty()) {
    const auto middle = cursors.begin() + static_cast<std::ptrdiff_t>(cursors.size() / 2);
    const std::string value((*middle)->value());
    cursors.erase(middle);
    must_commit(store, one_row("new"));
    CHECK(value.size() <= 2);
  }
  CHECK(rows_of(store, "") == Rows{{"key of a row", "new"}});
}

TEST_CASE("each open cursor keeps the version that was current when it began", "[memory]") {
  MemoryStore store;
  std::vector<std::unique_ptr<storage::Cursor>> cursors;
  for (int i = 0; i < 10; ++i) {
    WriteBatch batch = one_row(std::to_string(i));
    batch.put("second", std::to_string(i));
    if (i % 3 == 2) batch.remove("second");
    must_commit(store, batch);
    cursors.push_back(store.scan("", storage::Direction::forward, {}));
  }
  cursors.erase(cursors.begin());
  for (std::size_t i = 0; i < cursors.size(); ++i) {
    const auto rows = rest_of(*cursors[i]);
    const std::string version = std::to_string(i + 1);
    Rows expected{{"key of a row", version}};
    if ((i + 1) % 3 != 2) expected.emplace_back("second", version);
    CHECK(rows == expected);
  }
}

}  // namespace
}  // namespace millrace::tests
