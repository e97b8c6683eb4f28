#pragma once
// Whose waiting run comes into memory next. A run that waited for a place, that slept or that was left behind by a
// restart is read from the disk and built; so many at once as the node does without making everybody's mail, reads
// and commits wait behind them. So a project with 100,000 queued runs keeps all of its places busy and yet has only a
// few runs in the lines that it shares with others. Runs that begin with their request need no turn.
//
// Projects take turns by deficit round robin; what a turn costs is the time for which it was held, so that runs with
// long journals do not count like short ones. Users take turns within their project (run_queue.h).
//
// A turn travels with the message that brings its run in, and is given back when nobody holds it any more, however
// that came about. Thread-safe; outlives its turns.

#include "runtime/base/clock.h"
#include "runtime/base/deficit_round_robin.h"
#include "runtime/base/ids.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace millrace {

struct EntryTurnOptions {
  /// Enough for the disk's reads and one commit to share; more only makes lines longer.
  std::size_t at_once_max = 32;
  Millis quantum{5};
  Millis debt_max{100};
};

class EntryTurns {
 public:
  /// Tells a project that its turn has come. Called on any thread; must be quick.
  using Told = std::function<void()>;

  /// `waiting` counts the projects that wait for a turn, for /metrics.
  EntryTurns(const Clock& clock, EntryTurnOptions options, std::atomic<std::int64_t>& waiting);

  class Turn {
   public:
    Turn(EntryTurns& all, ProjectId project)
        : all_(all), project_(std::move(project)), begun_(all.clock_.moment()) {}
    ~Turn() { all_.give_back(project_, begun_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    EntryTurns& all_;
    const ProjectId project_;
    const Moment begun_;
  };
  using Held = std::shared_ptr<const Turn>;

  /// A turn for one run of the project. Null: it is another one's; `told` is called once, when a turn is kept for the
  /// project, which then asks again.
  Held take(const ProjectId& project, const Told& told);
  /// The project wants none now: what is kept for it goes to others.
  void forgo(const ProjectId& project);

 private:
  struct Asker {
    Told told;
    bool is_kept = false;  // a turn, until it is taken
  };
  using Askers = std::unordered_map<ProjectId, Asker>;

  void give_back(const ProjectId& project, Moment begun);
  /// Keeps free turns for those who wait. Whom to tell, without the lock.
  std::vector<Told> hand_out();

  const Clock& clock_;
  const EntryTurnOptions options_;
  std::atomic<std::int64_t>& waiting_;
  std::mutex mutex_;  // guards what follows
  DeficitRoundRobin<ProjectId, Moment::duration> turns_;
  Askers askers_;          // that wait, or have a turn kept
  std::size_t taken_ = 0;  // kept ones included
};

}  // namespace millrace
