#pragma once
// How an actor of the tree ends on purpose. Supervisors read it from the down message; whatever is none
// of these is a crash. An error category of our own, because CAF's exit reasons speak of links and
// remote nodes, and will mean just that once nodes talk to each other.

#include <caf/atom.hpp>
#include <caf/error.hpp>

#include <cstdint>
#include <optional>

namespace millrace {

/// The numbers travel between nodes: never reused. None is 0, which CAF reads as "no error".
enum class ExitReason : std::uint8_t {
  ended = 1,    // its branch has ended, and a root's end is durable
  asleep = 2,   // unloaded; a row will wake it
  dropped = 3,  // a commit failed: what it believes is ahead of the disk, so it is rebuilt
  lost =
      4,  // the commit that begins its run failed: nobody was told of it. Should it be on the disk
          // after all, the recovery sweep finds it
  moved = 5,  // its shard has another owner now, who goes on with the run: nothing is rebuilt here
  stopped = 6,  // its parent ended it
};

inline constexpr caf::atom_value exit_category = caf::atom("millrace");

inline caf::error make_error(ExitReason reason) {
  return {static_cast<std::uint8_t>(reason), exit_category};
}

/// Nothing: it crashed.
inline std::optional<ExitReason> exit_reason_of(const caf::error& reason) {
  if (!reason || reason.category() != exit_category) return std::nullopt;
  return static_cast<ExitReason>(reason.code());
}

}  // namespace millrace
