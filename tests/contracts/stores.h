#pragma once
// The stores that the contract suite runs over. A new implementation of OrderedStore joins here and
// is held to everything in tests/contracts.
//
//   const auto store = any_store();   // first line of a test: it runs once per implementation

#include "storage/ordered_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::tests {

/// An empty store of the implementation under test, gone with this object.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual storage::OrderedStore& store() = 0;
  /// Closes and opens the store, as a restart does. A store that does not outlive its process does
  /// nothing.
  virtual void reopen() = 0;

  storage::OrderedStore& operator*() { return store(); }
  storage::OrderedStore* operator->() { return &store(); }
};

/// One of all implementations: the calling test case is repeated for each.
std::unique_ptr<StoreUnderTest> any_store();

using Rows = std::vector<std::pair<std::string, std::string>>;

/// Commits and expects success.
void must_commit(storage::OrderedStore& store, const storage::WriteBatch& batch);
/// All rows that a scan finds; expects it to end well.
Rows rows_of(const storage::OrderedStore& store, std::string_view prefix,
             storage::Direction direction = storage::Direction::forward,
             std::string_view start_at = {});
/// Walks a cursor to its end; expects it to end well.
Rows rest_of(storage::Cursor& cursor);

}  // namespace millrace::tests
