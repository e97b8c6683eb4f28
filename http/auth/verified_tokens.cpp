#include "http/auth/verified_tokens.h"

namespace millrace {

std::optional<UserId> VerifiedTokens::find(const Question& question, Instant now) {
  const std::string key = key_of(question);
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const auto entry = found->second;
  if (entry->expires <= now || entry->key_revision != question.key_revision) {
    forget(entry);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->user;
}

void VerifiedTokens::remember(const Question& question, const UserId& user, Instant expires) {
  std::string key = key_of(question);
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) forget(found->second);
  if (entries_.size() >= tokens_max_) forget(std::prev(entries_.end()));
  entries_.push_front({std::move(key), user, expires, question.key_revision});
  by_key_.emplace(entries_.front().key, entries_.begin());
}

std::size_t VerifiedTokens::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::string VerifiedTokens::key_of(const Question& question) {
  std::string key;
  key.reserve(question.project.text.size() + 1 + question.token.size());
  return key.append(question.project.text).append(1, '\0').append(question.token);
}

void VerifiedTokens::forget(Entries::iterator entry) {
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace millrace
