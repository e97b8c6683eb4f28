#pragma once
// The live feed: what happens to runs, kept for a moment for whoever looks on (http/api/live_stream.h). It holds small
// facts about runs and steps and no values: what a look-on wants to know more of, it asks the task history.
//
// Told on the commit thread, once what happened is durable. As long as nobody looks on, it costs one load of an
// atomic. A project is recorded from its first stream on, and for `kept_for` after its last, so that a stream that
// is opened again finds what came between; steps only of runs that a stream looks on, likewise, so that a fan-out of
// thousands does not push out what others want to know.
//
// Numbers grow by one over all projects, within one process. What has been dropped, or was never recorded, is a gap:
// whoever meets one reads the history anew.
//
// Bounded: changes per project, streams per project, projects. Thread-safe; only `wait` blocks.

#include "actors/observation/run_observer.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct LiveChange {
  std::uint64_t number = 0;
  ExecutionId execution{};
  WorkflowId workflow;
  UserId user;
  StepId step;                         // empty: it is about the run
  std::vector<std::uint32_t> indexes;  // of a step in a fan-out, outermost first
  std::string_view status;             // as the task history names it
  std::uint32_t attempt = 0;           // of a step
  Instant at{};
  std::optional<ErrorCode> error{};
};

struct LiveFeedOptions {
  std::size_t changes_max = 4'096;  // of one project; older ones are dropped
  std::size_t streams_per_project_max = 32;
  std::size_t projects_max = 1'000;
  Millis kept_for{90'000};
};

class LiveFeed final : public RunObserver {
 private:
  struct Project;

 public:
  explicit LiveFeed(Clock& clock, LiveFeedOptions options = {});
  ~LiveFeed() override;

  void durable(const DurableEvents& events) override;

  /// The place of one stream. Given back by its end; the feed outlives it.
  class Seat {
   public:
    Seat(LiveFeed& feed, std::shared_ptr<Project> project, std::optional<ExecutionId> run)
        : feed_(&feed), project_(std::move(project)), run_(run) {}
    Seat(Seat&&) = default;
    Seat& operator=(Seat&&) = delete;
    ~Seat();

   private:
    friend class LiveFeed;
    LiveFeed* feed_;
    std::shared_ptr<Project> project_;  // null: moved from
    std::optional<ExecutionId> run_;
  };
  /// `run`: the one whose steps are wanted. Error: rate_limited (the project, or the node, has as many as it may
  /// have).
  Result<Seat> take_seat(const ProjectId& project, std::optional<ExecutionId> run = std::nullopt);

  struct News {
    std::vector<LiveChange> changes;  // in order
    std::uint64_t up_to = 0;          // everything up to this number is in it, or was before
    bool has_gap = false;             // between `after` and the first of them something is missing
    bool is_closed = false;
  };
  /// What came behind `after`: waits until there is something, and not before `from`; at most until `until`.
  News wait(const Seat& seat, std::uint64_t after, Instant from, Instant until);
  /// Somebody was erased: what the feed remembers names the user no more. It drops with it all that the project's
  /// streams have not told yet, which is a gap for them.
  void forget(const ProjectId& project, const UserId& user);
  /// Tells the numbers of this process from those of an earlier one.
  const std::string& incarnation() const { return incarnation_; }
  /// The number of the last change of any project.
  std::uint64_t last() const;
  /// Ends all waits, for good: the server is about to stop.
  void close();

 private:
  using Lock = std::unique_lock<std::mutex>;

  void leave(Project& project, const std::optional<ExecutionId>& run);
  void forget_unwatched(Instant now);
  News news(const Project& project, std::uint64_t after) const;
  void record(Project& project, const DurableEvents& events);
  void add(Project& project, LiveChange change);

  Clock& clock_;
  const LiveFeedOptions options_;
  const std::string incarnation_;
  std::atomic<std::size_t> recorded_{0};  // how many projects
  mutable std::mutex mutex_;              // guards what follows, projects' parts too
  std::map<ProjectId, std::shared_ptr<Project>> projects_;
  std::uint64_t last_ = 0;
  bool is_closed_ = false;
  std::condition_variable closed_;
};

}  // namespace millrace
