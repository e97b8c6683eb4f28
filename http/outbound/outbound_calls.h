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

#include "http/outbound/curl_exchanges.h"
#include "http/outbound/outbound_counters.h"
#include "http/outbound/token_source.h"
#include "http/outbound/turn_queue.h"
#include "runtime/base/log.h"

#include <functional>
#include <memory>
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

  /// `into`: where the answer goes as it arrives; null: it is gathered.
  void start(CallId id, HttpRequest request, Done done, std::shared_ptr<ResponseStream> into = {});
  void resume(CallId id);
  void cancel(CallId id);
  void cancel_all(const Error& reason);
  /// Waits for something to happen and handles it.
  void run_once();
  void wake() { exchanges_.wake(); }

  OutboundStats stats() const { return counters_.stats(); }
  /// Counts a call that was refused before it came here.
  void count_refused(ErrorCode code);

 private:
  using Time = CurlExchanges::Time;

  struct Call;

  void take_turns();
  void set_deadline(Call& call, Millis time);
  void meet_deadlines(Time now);
  Error out_of_time(const Call& call) const;

  void begin(Call& call);
  void send(Call& call);
  void take_response(CallId id, HttpOutcome outcome);
  void redirect(Call& call, const HttpResponse& response);
  void answer(Call& call, HttpOutcome outcome);

  void need_token(Call& call);
  void take_token(CallId id, const Result<std::string>& token);
  void publish_sizes();

  const Millis waiting_time_max_;
  LogSink log_;
  OutboundCounters counters_;
  CurlExchanges exchanges_;
  TurnQueue turns_;
  TokenSource tokens_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::set<std::pair<Time, CallId>> deadlines_;
};

}  // namespace millrace
