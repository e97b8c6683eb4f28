#pragma once
// Refreshes access tokens, one at a time for each account: whoever asks while a refresh is under way waits for
// its result. So a thousand requests at the moment when a token ends make one request to the provider.
//
//   refresh ──► somebody does ──────────────────────────────────────► wait ──┐
//          └──► look again (own thread) ─► newer already ────────────────────┤
//                   └─► ask the provider (HttpCaller) ─► answer (own thread) ┤
//                          given: on the disk, then ─────────────────────────┼─► told to each
//                          refused for good: the account is INVALID ─────────┤
//                          not reached, busy, nonsense: the account stays ───┘
//
// A refresh token may be worth nothing once it was sent (rotation), so nobody sends one that another has sent:
// the account is looked at again when it is the refresh's turn, and what came is on the disk before anybody is
// told of it. What arrives for an account that has been connected again meanwhile is dropped.
//
// Between the provider's answer and our disk there is a moment in which a crash loses the new tokens. Then the
// old refresh token is sent again: a provider that takes it for a while (most do) gives new ones, one that does
// not answers `invalid_grant`, and the user has to connect again.
//
// A token that is good for now is used when the provider cannot be reached, and the provider is left alone for
// a moment. Thread-safe. Ends after its HTTP caller has been stopped.

#include "actors/tenants/credential_registry.h"
#include "actors/tenants/project_views.h"
#include "actors/tenants/provider_counts.h"
#include "actors/tenants/token_refresh.h"
#include "runtime/base/log.h"
#include "runtime/base/recent_map.h"
#include "runtime/oauth/oauth_messages.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/secrets/redaction.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

class TokenRefresher final : public TokenRefresh {
 public:
  /// Accounts that are refreshed at one time; beyond it `overloaded`.
  static constexpr std::size_t refreshes_max = 10'000;
  /// Before a provider is asked again for what is good for now.
  static constexpr Millis pause_after_failure{10'000};

  struct Dependencies {
    ProjectViews& projects;
    CredentialRegistry& credentials;
    HttpCaller& http;
    const Clock& clock;
    LogSink log;
    std::size_t threads = 2;
    ProviderCounts* counts = nullptr;  // null: nobody counts
  };

  explicit TokenRefresher(Dependencies dependencies);
  /// Waits for the refreshes that are under way.
  ~TokenRefresher() override;
  TokenRefresher(const TokenRefresher&) = delete;
  TokenRefresher& operator=(const TokenRefresher&) = delete;

  void refresh(const UserKey& owner, const SharedCredential& held, Old old,
               CredentialSource::Done done) override;
  void stop_answers() override;

 private:
  using Answer = Result<SharedCredential>;
  struct Waiter {
    SharedCredential held;
    Old old;
    CredentialSource::Done done;
  };
  struct Refresh {
    UserKey owner;
    SharedCredential from;
    std::vector<Waiter> waiters;
  };
  /// Of a provider, who has not answered yet.
  struct Asked {
    UserKey owner;
    SharedCredential from;
    std::shared_ptr<const OAuthClient> client;
    Redaction sent;  // what stands in nothing that is told or kept of the answer
  };

  void run();
  void submit(std::function<void()> job);
  void begin(const UserKey& owner, const SharedCredential& from);
  void take_answer(const Asked& asked, const HttpOutcome& outcome);
  Answer outcome_of(const Asked& asked, const HttpOutcome& outcome);
  Answer keep(const UserKey& owner, const SharedCredential& from, const OAuthClient& client,
              const TokenAnswer& answer);
  Answer invalidate(const UserKey& owner, const SharedCredential& from, const std::string& why);
  /// The account as it is by now, which is not as it was.
  Answer as_it_is(const UserKey& owner, const Credential& from) const;
  void tell(const Credential& from, const Answer& answer);
  void count(const Answer& answer) const;

  const Dependencies uses_;
  std::mutex mutex_;  // guards what follows, but for `telling_`
  std::condition_variable wake_;
  std::map<std::string, Refresh> refreshes_;  // by the account's id, which is unique
  RecentMap<std::string, Instant> failed_{10'000};
  std::deque<std::function<void()>> jobs_;
  bool is_silent_ = false;
  bool is_ending_ = false;
  std::mutex telling_;  // held while waiters are told
  std::vector<std::thread> threads_;
};

}  // namespace millrace
