#include "http/auth/verified_tokens.h"

namespace millrace {
namespace {

std::string key_of(const VerifiedTokens::Question& question) {
  std::string key;
  key.reserve(question.project.text.size() + 1 + question.token.size());
  return key.append(question.project.text).append(1, '\0').append(question.token);
}

}  // namespace

std::optional<UserId> VerifiedTokens::find(const Question& question, Instant now) {
  const std::string key = key_of(question);
  const std::lock_guard lock(mutex_);
  const Verified* const found = tokens_.find(key);
  if (found == nullptr) return std::nullopt;
  if (found->expires <= now || found->key_revision != question.key_revision) {
    tokens_.erase(key);
    return std::nullopt;
  }
  return found->user;
}

void VerifiedTokens::remember(const Question& question, const UserId& user, Instant expires) {
  std::string key = key_of(question);
  const std::lock_guard lock(mutex_);
  tokens_.put(std::move(key), {user, expires, question.key_revision});
}

std::size_t VerifiedTokens::size() const {
  const std::lock_guard lock(mutex_);
  return tokens_.size();
}

}  // namespace millrace
