#include "storage/tables/due_rows.h"

#include "runtime/base/check.h"
#include "storage/keys.h"
#include "storage/walk_in_pieces.h"

#include <optional>
#include <utility>
#include <vector>

namespace millrace::storage {
namespace {

/// What is due in a moment is few rows as a rule, and may be very many.
constexpr std::size_t first_piece_rows = 256;

class DueWalk {
 public:
  DueWalk(const OrderedStore& store, Instant before, const std::function<bool(DueRow)>& visit)
      : store_(store), before_(before), visit_(visit) {}

  Outcome run(const ShardSet& shards) {
    Outcome walked = walk(shards);
    if (!walked.ok() && walked.error().code == ErrorCode::corrupt_data) {
      // One shard's rows cannot be read on, and it is not said which: each by itself, then.
      note(walked.error());
      for (const ShardId shard : shards) {
        walked = walk({shard});
        if (walked.ok()) continue;
        if (walked.error().code != ErrorCode::corrupt_data) return walked;
      }
    } else if (!walked.ok()) {
      return walked;
    }
    return damage_ ? Outcome(*damage_) : Done{};
  }

 private:
  Outcome walk(const ShardSet& shards) {
    std::vector<KeyRange> ranges;
    for (const ShardId shard : shards) {
      ranges.push_back({keys::timers(shard), {}, keys::timers_from(shard, before_)});
      ranges.push_back({keys::wakes(shard), {}, keys::wakes_from(shard, before_)});
    }
    // Both kinds' tails begin with the due time.
    const auto cursor =
        walk_in_pieces(store_, std::move(ranges), first_piece_rows, ManyOptions::Order::by_tail);
    for (; cursor->valid(); cursor->next()) {
      auto row = decode(cursor->key(), cursor->value());
      if (!row.ok()) {
        note(row.error());
        continue;
      }
      CHECK(due_of(*row) < before_, "a row was read that is not due");
      CHECK(shards.contains(shard_of(*row)), "a row was read that is another owner's");
      if (!visit_(std::move(*row))) return Done{};
    }
    return cursor->status();
  }

  static Result<DueRow> decode(std::string_view key, std::string_view value) {
    if (keys::is_timer(key)) {
      auto timer = decode_timer(key, value);
      if (!timer.ok()) return timer.error();
      return DueRow(std::move(*timer));
    }
    auto wake = decode_wake(key, value);
    if (!wake.ok()) return wake.error();
    return DueRow(std::move(*wake));
  }

  void note(const Error& damage) {
    if (!damage_) damage_ = damage;
  }

  const OrderedStore& store_;
  const Instant before_;
  const std::function<bool(DueRow)>& visit_;
  std::optional<Error> damage_;
};

}  // namespace

Instant due_of(const DueRow& row) {
  return std::visit([](const auto& each) { return each.due; }, row);
}

ShardId shard_of(const DueRow& row) {
  if (const auto* const timer = std::get_if<TimerRow>(&row)) return timer->execution.shard();
  return std::get<WakeRow>(row).shard;
}

Outcome visit_due(const OrderedStore& store, const ShardSet& shards, Instant before,
                  const std::function<bool(DueRow)>& visit) {
  return DueWalk(store, before, visit).run(shards);
}

}  // namespace millrace::storage
