#pragma once
// Why a run that could go on is not in memory: what `explain` says of it.

#include "runtime/admission/priority.h"

#include <cstddef>
#include <cstdint>

namespace millrace {

struct PlaceWait {
  enum class For : std::uint8_t {
    place_of_project,  // as many runs of the project are at work as its limit allows
    place_of_user,     // likewise of its user
    entry_turn,        // there is a place; runs that waited come into memory in turns
    shard_owner,       // its shard is not this node's
  };
  For what = For::place_of_project;
  std::size_t limit = 0;  // of runs at work, where it waits for a place
  /// Runs that wait for the same, itself included; about, right after a crash.
  std::size_t waiting = 0;
  Priority priority = priority_standard;  // its own
  /// Those of them that go before it, whatever turns users take; about, where many are in rows alone.
  std::size_t ahead = 0;
};

}  // namespace millrace
