#pragma once
// A walk over many ranges whose caller does not know how many rows he will need: because he filters them, or because
// somebody else says when it is enough. A store that answers from afar sorts whatever a walk may read, and sends it; so
// the walk asks for `first` rows, and for eight times as many each time these were not enough. What is read beyond what
// the caller needs is bounded by that, however many rows there are.
//
// The rows and their order are those of scan_many. Each piece has a view of its own: of rows that are
// written meanwhile some may be met, behind the place that the walk has come to. Nothing is met twice.

#include "storage/ordered_store.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace millrace::storage {

/// `ranges`: no prefix begins with that of another one. `first`: at least 1. An error of a piece ends the walk. The
/// cursor must not outlive the store.
std::unique_ptr<Cursor> walk_in_pieces(const OrderedStore& store, std::vector<KeyRange> ranges,
                                       std::size_t first, ManyOptions::Order order,
                                       Direction direction = Direction::forward);

}  // namespace millrace::storage
