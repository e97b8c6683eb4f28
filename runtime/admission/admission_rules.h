#pragma once
// A workflow's `admission`: what of its triggers begins a run, when, and in which company (docs/admission.md).
//
//   "admission": { "debounce":  {"wait": "30s", "maxWait": "5m", "key": "{{trigger.id}}"},
//                  "batch":     {"size": 100, "wait": "10s", "key": …},      // not together with debounce
//                  "singleton": {"onConflict": "skip" | "replace" | "queue", "key": …},
//                  "throttle":  {"limit": 10, "per": "1m", "key": …},
//                  "priority":  1 … 9 }
//
// A trigger passes the stages in the order of AdmissionStage, each of which may hold it back. The throttle is the
// last one: what it lets go starts at that moment, so it counts starts and nothing else.
//
// The functions decide, of times that they are given: who keeps the state and does what they say is
// actors/gateway/admission_door.h. Pure.

#include "runtime/admission/admission_stage.h"
#include "runtime/admission/priority.h"
#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/templates/scope.h"
#include "runtime/templates/template.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace millrace {

struct Debounce {
  Millis wait{};
  Millis max_wait{};  // since the first one, so that a steady stream runs now and then; >= wait
  Template key{};     // of all keys: renders to null, and so to one for all, if none was given
};

struct Batch {
  std::size_t size = 1;
  Millis wait{};  // since its first item
  Template key{};
};

struct Singleton {
  enum class OnConflict : std::uint8_t {
    skip,     // what comes while a run goes on starts nothing
    replace,  // the run is cancelled, and the newest trigger starts when it has ended
    queue,    // they start one after the other
  };
  OnConflict on_conflict = OnConflict::skip;
  Template key{};
};

struct Throttle {
  std::size_t limit = 1;
  Millis per{};
  Template key{};
};

struct AdmissionRules {
  std::optional<Debounce> debounce;
  std::optional<Batch> batch;
  std::optional<Singleton> singleton;
  std::optional<Throttle> throttle;
  Priority priority = priority_standard;  // of its runs, where they wait for a place

  /// Whether a trigger may have to wait, or be left out.
  bool holds_back() const { return debounce || batch || singleton || throttle; }
};

/// The key as text: JSON of what the template renders to, the same in whatever order the members of its objects came.
/// Throws RenderedTooMuch.
std::string rendered_key(const Template& key, const Scope& scope);

/// What a workflow with a batch sees as `trigger`.
Json batch_output(JsonArray items);

// --- debounce and batch -------------------------------------------------------------------------

/// When the last of the triggers runs, of which the first came at `first`.
Instant debounce_end(const Debounce& rule, Instant first, Instant last);

/// What is gathered for a batch.
struct Gathered {
  std::size_t items = 0;
  std::uint64_t bytes = 0;
};
/// Whether a batch has to go without an item of so many bytes, because it would be too large with it.
bool batch_is_too_large_with(const Gathered& gathered, std::uint64_t item_bytes);
bool batch_is_full(const Batch& rule, const Gathered& gathered);

// --- throttle -----------------------------------------------------------------------------------
// A sliding log: the times of the last starts, so that in no stretch of `per`, wherever it begins, more than
// `limit` runs start. A token bucket (GCRA) would keep one number, and let twice the limit pass in some stretches.

/// When the next run may start; not later than `now`: at once. `starts` in their order, of which those that claim
/// to be later than now (the clock was set back) count as of now.
Instant throttle_free_at(const Throttle& rule, std::span<const Instant> starts, Instant now);
/// Adds a start, and forgets those that no longer count.
void note_start(const Throttle& rule, std::vector<Instant>& starts, Instant now);

// --- singleton ----------------------------------------------------------------------------------

/// Who has the place of a singleton.
enum class Holder : std::uint8_t {
  nobody,
  waiting,  // a trigger that waits for its throttle
  running,
};
enum class SingletonAnswer : std::uint8_t {
  pass,     // takes the place
  skip,     // starts nothing
  queue,    // behind those that wait
  replace,  // in place of the trigger that has the place
  cancel,   // the run is to end; waits for that, in place of those that wait for it already
};
SingletonAnswer decide(Singleton::OnConflict rule, Holder holder, std::size_t waiting);

}  // namespace millrace
