#pragma once
// May a run take a place in memory, or does it have to wait for one? A pure function of the project's
// limits, of what the project has at work, and of the order, so that the answer can be read from a
// table. Whoever asks (actors/tree/project_actor.h) keeps the state and does what the answer says.
//
// What a workflow's own `admission` says is decided before there is a run (admission_rules.h).

#include "runtime/admission/project_limits.h"

#include <cstddef>
#include <cstdint>

namespace millrace {

/// What counts for one order, at the moment it comes.
struct AdmissionState {
  std::size_t live = 0;          // runs of the project that have a place
  std::size_t live_of_user = 0;  // those of the order's user
  bool user_waits = false;       // earlier runs of the user wait, of its priority or a higher one
  bool higher_waits = false;     // runs of a higher priority could go at once, whoever's they are
};

struct AdmissionOrder {
  /// More mail for a run that has its place: it never waits.
  bool has_place = false;
  /// It comes from the queue, so nothing is ahead of it.
  bool had_waited = false;
};

enum class Admission : std::uint8_t {
  run,
  queue,  // behind what has a higher priority and what its user has waiting; users take turns
};

/// 0 for `concurrent_steps_per_user` is no limit. `concurrent_steps` must have a value: the node's
/// default is filled in by then.
Admission admit(const ProjectLimits& limits, const AdmissionState& state,
                const AdmissionOrder& order);

/// Whether the user has as many runs at work as the project lets one user have.
bool user_is_full(const ProjectLimits& limits, std::size_t live_of_user);

}  // namespace millrace
