#include "actors/workers/trouble_log.h"

#include <iterator>
#include <utility>

namespace millrace {
namespace {

std::string seconds_since(Moment since, Moment now) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - since).count()) +
         " s";
}

/// What gets better by itself is no fault of ours.
LogLevel level_of(ErrorCode code) {
  return retry_class(code) == RetryClass::retry ? LogLevel::warning : LogLevel::error;
}

}  // namespace

TroubleLog::TroubleLog(std::string work, const Clock& clock, LogSink log, TroubleLogOptions options)
    : work_(std::move(work)), clock_(clock), log_(std::move(log)), options_(options) {}

void TroubleLog::failed(const std::string& key, const Error& why) {
  const std::lock_guard lock(mutex_);
  const Moment now = clock_.moment();
  const auto [found, is_new] = troubles_.try_emplace(why.code);
  Trouble& trouble = found->second;
  if (is_new) trouble.since = now;
  if (trouble.pieces.size() < options_.known_max || trouble.pieces.contains(key)) {
    trouble.pieces.insert_or_assign(key, now);
  }
  if (!is_new && now - trouble.told < options_.between_lines) return;
  trouble.told = now;
  forget(trouble, now);
  tell(trouble, why, now);
}

void TroubleLog::over(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (troubles_.empty()) return;
  const Moment now = clock_.moment();
  for (auto at = troubles_.begin(); at != troubles_.end();) {
    Trouble& trouble = at->second;
    trouble.pieces.erase(key);
    forget(trouble, now);
    const bool is_over = trouble.pieces.empty();
    if (is_over) tell_end(trouble, now);
    at = is_over ? troubles_.erase(at) : std::next(at);
  }
}

void TroubleLog::forget(Trouble& trouble, Moment now) const {
  std::erase_if(trouble.pieces,
                [&](const auto& each) { return now - each.second >= options_.forgotten_after; });
}

void TroubleLog::tell(const Trouble& trouble, const Error& why, Moment now) const {
  std::string line = work_ + " could not be served, which is tried again";
  if (now != trouble.since) {
    line += " (for " + seconds_since(trouble.since, now) + " now, " +
            std::to_string(trouble.pieces.size()) + " of them)";
  }
  log_(level_of(why.code), line + ": " + why.message);
}

void TroubleLog::tell_end(const Trouble& trouble, Moment now) const {
  log_(LogLevel::info, work_ + " are served again, after " + seconds_since(trouble.since, now));
}

}  // namespace millrace
