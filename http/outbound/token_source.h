#pragma once
// Where calls get their access tokens from (client credentials grant): cached, else fetched, once for
// all who wait for the same one.
//
//   need ──► cached                          ──► at once
//        └─► nobody fetches it ─► fetch ──┐
//        └─► somebody does ───► wait ─────┴─► deliver to each who has not left
//
// A failed fetch fails all who wait for it, and is not remembered: the next call asks again. When the
// last who waits leaves, the fetch ends. The token server is asked with the client's secret in the
// header, and once more with it in the body if it refuses that; which of them it took is remembered.
//
// Not thread-safe: belongs to the caller's one thread.

#include "http/outbound/client_credentials.h"
#include "http/outbound/exchanges.h"
#include "http/outbound/outbound_counters.h"
#include "http/outbound/token_cache.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace {

class TokenSource {
 public:
  using WaiterId = std::uint64_t;
  using Time = TokenCache::Time;
  /// The token, or why there is none, for one who waited. May need, wait or leave in turn, but for
  /// others who wait for the same token.
  using Deliver = std::function<void(WaiterId, const Result<std::string>&)>;

  /// `now`: what time it is.
  TokenSource(Exchanges& exchanges, OutboundCounters& counters, std::function<Time()> now,
              Deliver deliver);

  static std::string key(const ProjectId& project, const ClientCredentials& credentials) {
    return TokenCache::key(project, credentials);
  }

  /// The token under the key, if it is there and has not expired.
  std::optional<std::string> cached(const std::string& key) { return tokens_.find(key, now_()); }
  /// Delivers the token to the waiter: later, but a fetch that cannot be begun fails inside.
  void wait(const std::string& key, const ClientCredentials& credentials, WaiterId waiter);
  /// Who waits does so no longer.
  void leave(const std::string& key, WaiterId waiter);
  /// The peer refused this token; a newer one under the key stays.
  void drop(const std::string& key, const std::string& token) { tokens_.drop(key, token); }

 private:
  struct Fetch {
    std::vector<WaiterId> waiters;
    ClientCredentials credentials;
    OutboundUrl url;
    ClientAuthentication how = ClientAuthentication::header;
    Exchanges::Id exchange = nullptr;
  };

  void ask(const std::string& key);
  void take_answer(const std::string& key, const HttpOutcome& outcome);
  void hand_out(const std::string& key, const Result<std::string>& token);

  Exchanges& exchanges_;
  OutboundCounters& counters_;
  const std::function<Time()> now_;
  const Deliver deliver_;
  TokenCache tokens_;
  std::unordered_map<std::string, Fetch> fetches_;
};

}  // namespace millrace
