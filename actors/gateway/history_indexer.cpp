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
      thread_([this] { run(); }) {}

HistoryIndexer::~HistoryIndexer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool HistoryIndexer::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void HistoryIndexer::run() {
  for (;;) {
    bool has_more = false;
    survive(log_, "the index of the task history", [&] { has_more = round(); });
    std::unique_lock lock(mutex_);
    if (!has_more) {
      const Instant next = clock_.now() + options_.pause;
      while (!stopping_ && clock_.now() < next) clock_.wait_until(lock, wake_, next);
    }
    if (stopping_) return;
  }
}

bool HistoryIndexer::round() {
  if (const auto read = index_.reload(); !read) complain(read.error());
  bool has_more = false;
  for (const ProjectId& project : index_.waiting()) {
    if (is_stopping()) return false;
    const auto resting = resting_.find(project);
    if (resting != resting_.end() && clock_.now() < resting->second) continue;
    if (resting != resting_.end()) resting_.erase(resting);
    has_more = step(project) || has_more;
  }
  return has_more;
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
