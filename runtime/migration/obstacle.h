#pragma once
// Why a run stays on the version that it is on. The names are told to users and kept in bulk jobs.

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

struct Obstacle {
  enum class Kind : std::uint8_t {
    not_found,        // there is no such run, or it is another workflow's
    execution_ended,  // or is about to
    other_version,    // it is not on the one to be moved from
    moved_too_often,  // the versions that it has left have more steps than limits::left_steps_max
    step_running,  // a call is out, or elements of a fan-out are in memory: what comes back belongs to this version
    step_missing,       // where it stands has no counterpart
    step_kind_changed,  // where it stands, or what it has run, is another kind of step there
    step_renamed,       // a request that may have left under its id
    step_repeated,      // what it has run lies ahead of it there
    fan_out_changed,    // one that is open, or outputs of one that was not asked to keep them
    choice_changed,     // it would stand behind a choice that it has not made
  };
  Kind kind = Kind::not_found;
  std::string step;  // of the version that the run is on, or of the other; empty: it is about none
  std::string message;  // a sentence
};

/// "step_missing".
std::string_view wire_name(Obstacle::Kind kind);

}  // namespace millrace
