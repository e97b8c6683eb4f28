#pragma once
// The life of calls, from their arrival to their one answer. All on one thread, but for `stats` and
// `wake`.
//
//             turn                     no token needed, or cached
//   waiting ────────► in the air ──────────────────────────────► exchange ──► answered
//                         │  needs a token              redirect │ ▲   │ 401, once,
//                         └──────────► token ────────────────────┼─┴───┘ with a new token
//                                      (one fetch for all who wait for the same)
//
// Every stage ends in `answer`, by the peer, the deadline, a cancellation or the end of the caller.
// The deadline is the waiting's own until a call has its turn; then the call's timeout begins.

#include "http/outbound/curl_loop.h"
#include "http/outbound/exchange.h"
#include "http/outbound/outbound_stats.h"
#include "http/outbound/token_cache.h"
#include "http/outbound/turn_queue.h"
#include "runtime/base/log.h"

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

class OutboundCalls {
 public:
  using CallId = HttpCaller::CallId;
  using Done = std::function<void(HttpOutcome)>;

  /// `waiting_time_max`: how long a call waits for its turn.
  OutboundCalls(ExchangeSettings settings, TurnQueue::Limits limits, Millis waiting_time_max,
                LogSink log);
  ~OutboundCalls();

  void start(CallId id, HttpRequest request, Done done);
  void cancel(CallId id);
  void cancel_all(const Error& reason);
  /// Waits for something to happen and handles it.
  void run_once();
  void wake() { loop_.wake(); }

  OutboundStats stats() const;
  /// Counts a call that was refused before it came here.
  void count_refused(ErrorCode code);

 private:
  using Time = CurlLoop::Time;

  struct Call;
  struct TokenFetch {
    std::vector<CallId> waiters;
    ClientCredentials credentials;
    OutboundUrl url;
    ClientAuthentication how = ClientAuthentication::header;
    CURL* exchange = nullptr;
  };
  struct Running {
    std::unique_ptr<Exchange> exchange;
    std::function<void(HttpOutcome)> then;
  };

  void take_turns();
  void set_deadline(Call& call, Millis time);
  void meet_deadlines(Time now);
  Error out_of_time(const Call& call) const;

  void begin(Call& call);
  void send(Call& call);
  void take_response(CallId id, HttpOutcome outcome);
  void follow(Call& call, const HttpResponse& response);
  void answer(Call& call, HttpOutcome outcome);

  void need_token(Call& call);
  void fetch_token(const std::string& key);
  void take_token_answer(const std::string& key, HttpOutcome outcome);
  void hand_out(const std::string& key, const Result<TokenGrant>& grant);
  void leave_fetch(const Call& call);

  Result<CURL*> begin_exchange(ExchangeRequest request, std::function<void(HttpOutcome)> then);
  void finish_exchange(CURL* handle, CURLcode code);
  void abort_exchange(CURL* handle);
  void publish_sizes();

  ExchangeSettings settings_;
  const Millis waiting_time_max_;
  LogSink log_;
  CurlLoop loop_;
  TurnQueue turns_;
  TokenCache tokens_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::set<std::pair<Time, CallId>> deadlines_;
  std::unordered_map<std::string, TokenFetch> fetches_;
  std::unordered_map<CURL*, Running> running_;

  mutable std::mutex stats_mutex_;
  OutboundStats stats_;
};

}  // namespace millrace
