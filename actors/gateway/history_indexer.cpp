#include "actors/gateway/history_indexer.h"

#include "actors/workers/survive.h"

#include <utility>

namespace millrace {

HistoryIndexer::HistoryIndexer(storage::HistoryIndex& index, Clock& clock, LogSink log,
                               Options options)
    : index_(index),
      clock_(clock),
      log_(std::move(log)),
      options_(options),
      stop_(clock),
      thread_([this] { run(); }) {}

HistoryIndexer::~HistoryIndexer() {
  stop_.set();
  thread_.join();
}

void HistoryIndexer::run() {
  do {
    bool has_more = false;
    survive(log_, "the index of the task history", [&] { has_more = round(); });
    if (!has_more) stop_.wait_for(options_.pause);
  } while (!stop_.is_set());
}

bool HistoryIndexer::round() {
  if (const auto read = index_.reload(); !read) complain(read.error());
  const Waiting waiting = index_.waiting();
  note(waiting);
  std::size_t changes = 0;
  for (const auto& each : waiting) changes += each.changes;
  const bool are_many = changes > options_.waiting_max;
  bool has_more = false;
  for (const auto& [project, count, is_unfilled] : waiting) {
    if (stop_.is_set()) return false;
    const Instant now = clock_.now();
    const bool is_due = is_unfilled || are_many || count >= options_.worth_it ||
                        now >= seen_[project] + options_.age_max;
    const auto resting = resting_.find(project);
    if (!is_due || (resting != resting_.end() && now < resting->second)) continue;
    const bool is_left = step(project);
    // What is left has its turn in the next round; what comes is new.
    seen_[project] = is_left ? Instant() : now;
    has_more = is_left || has_more;
  }
  return has_more;
}

void HistoryIndexer::note(const Waiting& waiting) {
  std::map<ProjectId, Instant> seen;
  std::map<ProjectId, Instant> resting;
  for (const auto& each : waiting) {
    const auto known = seen_.find(each.project);
    seen[each.project] = known == seen_.end() ? clock_.now() : known->second;
    const auto rests = resting_.find(each.project);
    if (rests != resting_.end()) resting.insert(*rests);
  }
  seen_ = std::move(seen);
  resting_ = std::move(resting);
}

bool HistoryIndexer::step(const ProjectId& project) {
  const auto more = index_.fold(project);
  if (more) return *more;
  complain(more.error());
  resting_[project] = clock_.now() + options_.patience;
  return false;
}

void HistoryIndexer::complain(const Error& error) {
  log_(LogLevel::warning,
       "the task history is not indexed for the moment, its lists take longer: " + error.message);
}

}  // namespace millrace
