#include "actors/observation/live_feed.h"

#include "runtime/execution/execution_summary.h"

#include <algorithm>
#include <utility>

namespace millrace {

struct LiveFeed::Project {
  /// Who looks on: how many, and since when nobody.
  struct Watched {
    std::size_t streams = 0;
    Instant left{};

    bool is_over(Instant now, Millis kept_for) const {
      return streams == 0 && left + kept_for <= now;
    }
  };

  std::deque<LiveChange> changes;
  std::uint64_t missing_up_to = 0;  // changes up to this number are not here
  Watched watched{};
  std::map<ExecutionId, Watched> runs;  // of which steps are recorded
  std::size_t waiting = 0;              // streams that wait for a change
  std::condition_variable changed;
};

namespace {

/// Whoever has gone without a word is noticed by then (limits::live_stream_pulse, twice).
constexpr std::uint32_t seconds_until_a_seat = 6;

std::vector<std::uint32_t> indexes_of(const BranchPath& path) {
  std::vector<std::uint32_t> indexes;
  for (const auto& element : path.elements) indexes.push_back(element.index);
  return indexes;
}

/// Of the step that the event is about; empty: it says nothing of any.
std::string_view step_status(const ObservedEvent& event) {
  switch (event.kind) {
    case EventKind::step_completed:
    case EventKind::delay_elapsed:
      return wire_name(ExecutionStatus::succeeded);
    case EventKind::fan_out_joined:
      return wire_name(event.error ? ExecutionStatus::failed : ExecutionStatus::succeeded);
    case EventKind::step_failed:
      return wire_name(event.retry_at ? ExecutionStatus::executing : ExecutionStatus::failed);
    case EventKind::delay_armed:
      return wire_name(ExecutionStatus::delayed);
    case EventKind::fan_out_opened:
    case EventKind::request_paused:
      return wire_name(ExecutionStatus::executing);
    default:
      return {};
  }
}

/// About the run.
LiveChange change_of(const DurableEvents& events, Instant at) {
  LiveChange change;
  change.execution = events.execution;
  change.workflow = events.workflow->id;
  change.user = events.user;
  change.at = at;
  return change;
}

}  // namespace

LiveFeed::LiveFeed(Clock& clock, LiveFeedOptions options)
    : clock_(clock),
      options_(options),
      incarnation_(std::to_string(clock.now().time_since_epoch().count())) {}

LiveFeed::~LiveFeed() = default;

LiveFeed::Seat::~Seat() {
  if (project_ != nullptr) feed_->leave(*project_, run_);
}

// --- recording ------------------------------------------------------------------------------------

void LiveFeed::durable(const DurableEvents& events) {
  if (recorded_.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = projects_.find(events.project);
  if (found == projects_.end()) return;
  Project& project = *found->second;
  if (project.watched.is_over(clock_.now(), options_.kept_for)) {
    projects_.erase(found);
    --recorded_;
    return;
  }
  try {
    record(project, events);
  } catch (const std::exception&) {  // without memory it is a gap, never a commit that fails
    project.changes.clear();
    project.missing_up_to = ++last_;
  }
  if (project.waiting > 0) project.changed.notify_all();
}

void LiveFeed::record(Project& project, const DurableEvents& events) {
  const auto& steps = events.workflow->by_index;
  const bool wants_steps = project.runs.contains(events.execution);
  for (const ObservedEvent& event : events.events) {
    const auto status = step_status(event);
    if (!wants_steps || status.empty() || event.step >= steps.size()) continue;
    LiveChange change = change_of(events, event.at);
    change.step = steps[event.step]->id;
    change.indexes = indexes_of(events.path);
    change.status = status;
    change.attempt = event.attempt;
    change.error = event.error;
    add(project, std::move(change));
  }
  if (!events.standing) return;
  LiveChange change = change_of(events, events.standing->at);
  change.status = wire_name(events.standing->status);
  const bool has_ended =
      !events.events.empty() && events.events.back().kind == EventKind::execution_ended;
  if (has_ended) {
    change.at = events.events.back().at;
    change.error = events.events.back().error;
  }
  add(project, std::move(change));
}

void LiveFeed::add(Project& project, LiveChange change) {
  change.number = ++last_;
  project.changes.push_back(std::move(change));
  if (project.changes.size() <= options_.changes_max) return;
  project.missing_up_to = project.changes.front().number;
  project.changes.pop_front();
}

// --- looking on -----------------------------------------------------------------------------------

Result<LiveFeed::Seat> LiveFeed::take_seat(const ProjectId& id, std::optional<ExecutionId> run) {
  const std::lock_guard lock(mutex_);
  auto found = projects_.find(id);
  if (found == projects_.end()) {
    if (projects_.size() >= options_.projects_max) forget_unwatched(clock_.now());
    if (projects_.size() >= options_.projects_max) {
      return Error(ErrorCode::rate_limited, "this node streams to as many projects as it may");
    }
    found = projects_.emplace(id, std::make_shared<Project>()).first;
    found->second->missing_up_to = last_;
    ++recorded_;
  }
  Project& project = *found->second;
  if (project.watched.streams >= options_.streams_per_project_max) {
    Error full(ErrorCode::rate_limited, "the project has " +
                                            std::to_string(options_.streams_per_project_max) +
                                            " streams open, and may have no more");
    full.retry_after = seconds_until_a_seat;
    return full;
  }
  ++project.watched.streams;
  const Instant now = clock_.now();
  std::erase_if(project.runs,
                [&](const auto& each) { return each.second.is_over(now, options_.kept_for); });
  if (run) ++project.runs[*run].streams;
  return Seat(*this, found->second, run);
}

void LiveFeed::leave(Project& project, const std::optional<ExecutionId>& run) {
  const std::lock_guard lock(mutex_);
  const auto go = [now = clock_.now()](Project::Watched& watched) {
    if (--watched.streams == 0) watched.left = now;
  };
  go(project.watched);
  if (run) go(project.runs.at(*run));
}

void LiveFeed::forget_unwatched(Instant now) {
  recorded_ -= std::erase_if(projects_, [&](const auto& each) {
    return each.second->watched.is_over(now, options_.kept_for);
  });
}

LiveFeed::News LiveFeed::wait(const Seat& seat, std::uint64_t after, Instant from, Instant until) {
  Project& project = *seat.project_;
  const Instant first = std::min(from, until);
  Lock lock(mutex_);
  while (!is_closed_ && clock_.now() < first) clock_.wait_until(lock, closed_, first);
  const auto is_behind = [&] {
    return !project.changes.empty() && project.changes.back().number > after;
  };
  ++project.waiting;
  while (!is_closed_ && !is_behind() && project.missing_up_to <= after && clock_.now() < until) {
    clock_.wait_until(lock, project.changed, until);
  }
  --project.waiting;
  return news(project, after);
}

LiveFeed::News LiveFeed::news(const Project& project, std::uint64_t after) const {
  News news;
  news.is_closed = is_closed_;
  news.up_to = last_;
  news.has_gap = after < project.missing_up_to;
  const auto begin = std::upper_bound(
      project.changes.begin(), project.changes.end(), after,
      [](std::uint64_t number, const LiveChange& change) { return number < change.number; });
  news.changes.assign(begin, project.changes.end());
  return news;
}

void LiveFeed::forget(const ProjectId& id, const UserId& user) {
  const std::lock_guard lock(mutex_);
  const auto found = projects_.find(id);
  if (found == projects_.end()) return;
  Project& project = *found->second;
  const bool is_named = std::any_of(project.changes.begin(), project.changes.end(),
                                    [&](const LiveChange& change) { return change.user == user; });
  if (!is_named) return;
  // Without a gap a stream would wait for the end of a run that is gone.
  project.missing_up_to = project.changes.back().number;
  project.changes.clear();
}

std::uint64_t LiveFeed::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void LiveFeed::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  closed_.notify_all();
  for (const auto& [id, project] : projects_) project->changed.notify_all();
}

}  // namespace millrace
