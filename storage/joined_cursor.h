#pragma once
// One cursor over many ranges: what OrderedStore::scan_many returns from a store that has a cursor for
// each range. The store brings the function that opens one, over the view that all of them share.

#include "storage/ordered_store.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::storage {

/// The rows of one range that a cursor reads: keys in [lower, upper).
struct KeyBounds {
  std::string lower;
  std::string upper;
};
/// What `range` and its prefix allow together; empty bounds (lower >= upper) if they have no key in common.
KeyBounds bounds_of(const KeyRange& range);

/// Opens the cursor of one range, in the direction of the walk.
using OpenRange = std::function<std::unique_ptr<Cursor>(const KeyBounds&)>;

std::unique_ptr<Cursor> join_ranges(std::vector<KeyRange> ranges, const ManyOptions& options,
                                    OpenRange open);

}  // namespace millrace::storage
