#pragma once
// The public keys that providers publish (JWKS, RFC 7517), for tokens of their deliveries. Fetched when a token
// first needs them, by one of those who need them while the others wait, and kept for `kept_for`. A token with
// a key that is not among them has them fetched once more, at most once in `fetched_again_after`, because
// providers replace their keys. What was fetched serves on when a later fetch fails.
//
// Thread-safe; blocks for `patience` at most. The server's rules for outgoing requests hold.

#include "runtime/base/clock.h"
#include "runtime/base/recent_map.h"
#include "runtime/digests/public_key.h"
#include "runtime/outbound/http_caller.h"

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace millrace {

class ProviderKeys {
 public:
  static constexpr Millis patience{5'000};
  static constexpr Millis kept_for = std::chrono::hours(1);
  static constexpr Millis fetched_again_after = std::chrono::minutes(1);
  static constexpr Millis left_alone_after_failure{10'000};
  static constexpr std::size_t urls_max = 1'000;
  static constexpr std::size_t keys_max = 100;  // of one URL
  static constexpr std::size_t bytes_max = 256 * 1024;
  /// Threads that wait at the same time; beyond it nobody does.
  static constexpr int waiting_max = 64;

  ProviderKeys(HttpCaller& http, const Clock& clock) : http_(http), clock_(clock) {}

  /// The key of that id for that algorithm. `id` empty: the only one for it. Errors: unauthorized (there is
  /// none), overloaded (they cannot be had at this moment).
  Result<SharedPublicKey> find(const ProjectId& project, const std::string& url,
                               const std::string& id, const std::string& algorithm);

 private:
  struct Named {
    std::string id;
    SharedPublicKey key;
  };
  using Set = std::vector<Named>;
  struct Known {
    std::shared_ptr<const Set> keys;  // null: never had
    Instant fetched{};
    Instant tried{};
  };

  /// The keys, fetched now unless they are younger than that, or were tried a moment ago.
  Result<Known> known(const ProjectId& project, const std::string& url, Millis age_max);
  Result<std::shared_ptr<const Set>> fetch(const ProjectId& project, const std::string& url);
  static Result<SharedPublicKey> choose(const Set& keys, const std::string& id,
                                        const std::string& algorithm);

  HttpCaller& http_;
  const Clock& clock_;
  std::mutex mutex_;  // for moments
  RecentMap<std::string, Known> known_{urls_max};
  std::map<std::string, std::shared_future<void>> fetching_;  // by URL
  int waiting_ = 0;
};

}  // namespace millrace
