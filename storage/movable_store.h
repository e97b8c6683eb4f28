#pragma once
// A store whose rows can be moved to another kind of store (see maintenance/move_rows.h). What comes over besides the
// rows are the epochs of the shards, so that whoever owned a shard there stays refused here.
//
// A store that is opened to be filled holds nothing; until `end_filling`, whoever opens it to serve is refused with
// `format_not_supported`, so that a move that was interrupted is never taken for one that has ended. Opened to be filled
// again, it is emptied: the move begins anew.

#include "storage/ordered_store.h"

#include <cstdint>
#include <span>
#include <vector>

namespace millrace::storage {

enum class OpenedTo : std::uint8_t {
  serve,
  be_filled,  // refused with `conflict` if there are rows
};

class MovableStore : public OrderedStore {
 public:
  /// Of all shards, in their order.
  virtual std::vector<Epoch> epochs() = 0;
  /// In one commit: the shards have these epochs (of all, in their order), and the store may serve.
  virtual Outcome end_filling(std::span<const Epoch> epochs) = 0;
};

}  // namespace millrace::storage
