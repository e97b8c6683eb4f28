#pragma once
// Remembers user tokens that were verified, so that a client's next request costs one hash look-up
// instead of an RSA verification (about 25 us). An entry counts only while the token has not
// expired and the project's keys are the ones it was verified with: removing a key refuses its
// tokens at once. Bounded: the least recently used go first. Thread-safe.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace millrace {

class VerifiedTokens {
 public:
  explicit VerifiedTokens(std::size_t tokens_max = 10'000) : tokens_max_(tokens_max) {}

  struct Question {
    const ProjectId& project;
    std::string_view token;
    std::uint64_t key_revision;
  };
  std::optional<UserId> find(const Question& question, Instant now);
  void remember(const Question& question, const UserId& user, Instant expires);
  std::size_t size() const;

 private:
  struct Entry {
    std::string key;
    UserId user;
    Instant expires;
    std::uint64_t key_revision;
  };
  using Entries = std::list<Entry>;

  static std::string key_of(const Question& question);
  void forget(Entries::iterator entry);

  const std::size_t tokens_max_;
  mutable std::mutex mutex_;
  Entries entries_;  // most recently used first
  std::unordered_map<std::string_view, Entries::iterator> by_key_;
};

}  // namespace millrace
