#pragma once
// How a run is told to move to another version of its workflow, and how it answers.

#include "actors/runs/once_slot.h"
#include "runtime/base/result.h"
#include "runtime/migration/migration.h"

#include <memory>
#include <optional>
#include <string>

namespace millrace {

/// Nothing: the run has moved, and that is durable. An error says nothing of the run, but of the disk or the shard.
using MigrationAnswer = Result<std::optional<Obstacle>>;
using MigrationSlot = OnceSlot<MigrationAnswer>;

struct MigrationOrder {
  std::shared_ptr<const Migration> migration;
  std::string by{};  // who asked for it
  std::shared_ptr<MigrationSlot> slot;

  bool is_answered() const { return !slot->is_open(); }
};

}  // namespace millrace
