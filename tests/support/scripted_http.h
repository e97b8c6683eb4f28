#pragma once
// An HTTP caller for tests: answers by a script instead of using the network, from one thread of
// its own, as the port promises. Calls of chosen steps can be held back, so that a test decides
// what happens while they are in the air. The step of a request is known by its idempotency key.
// Thread-safe.

#include "runtime/outbound/http_caller.h"
#include "tests/support/request_script.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace millrace {

class ScriptedHttp final : public HttpCaller {
 public:
  explicit ScriptedHttp(RequestScript script = {});
  ~ScriptedHttp() override;
  ScriptedHttp(const ScriptedHttp&) = delete;
  ScriptedHttp& operator=(const ScriptedHttp&) = delete;

  /// The attempt of a call is how often its idempotency key has come, from 1.
  CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) override;
  void cancel(CallId call) override;
  void stop() override;

  /// For calls that are answered from now on, those held back included.
  void on(const std::string& step, RequestRule rule);
  /// From now on, calls of the step are not answered until `release`.
  void hold(const std::string& step);
  void release(const std::string& step);
  /// Blocks until the step has sent `count` requests in all; false if that takes longer than a test
  /// should.
  bool wait_for_calls(const std::string& step, std::size_t count);
  /// The requests of the step so far, in order.
  std::vector<HttpRequest> sent(const std::string& step) const;
  /// How many calls of the step were cancelled before they were answered.
  std::size_t cancelled(const std::string& step) const;

 private:
  struct Call {
    CallId id = 0;
    ScriptedRequest request;
    std::function<void(HttpOutcome)> done;
    bool is_cancelled = false;
  };

  void answer_calls();
  std::deque<Call>::iterator next_free_call();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RequestScript script_;
  std::set<std::string> held_;
  std::deque<Call> waiting_;
  std::map<std::string, std::vector<HttpRequest>> sent_;  // by step
  std::map<std::string, std::size_t> cancelled_;          // by step
  CallId last_id_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace millrace
