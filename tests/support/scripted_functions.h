#pragma once
// A function engine for tests: answers by a script instead of running JavaScript, from one thread
// of its own, as the port promises. Calls of chosen steps can be held back, so that a test decides
// what happens while they run. Thread-safe.

#include "runtime/functions/function_engine.h"
#include "tests/support/function_script.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace millrace {

class ScriptedFunctions final : public FunctionEngine {
 public:
  explicit ScriptedFunctions(FunctionScript script = {});
  ~ScriptedFunctions() override;
  ScriptedFunctions(const ScriptedFunctions&) = delete;
  ScriptedFunctions& operator=(const ScriptedFunctions&) = delete;

  /// The attempt of a call is how often the step was called with these parameters, from 1.
  CallId run(FunctionCall call, std::function<void(FunctionOutcome)> done) override;
  void cancel(CallId call) override;
  /// Finds every code correct.
  Outcome check(const std::string& code) override;
  void stop() override;

  /// For calls that are answered from now on, those held back included.
  void on(const std::string& step, FunctionRule rule);
  /// From now on, calls of the step are not answered until `release`.
  void hold(const std::string& step);
  void release(const std::string& step);
  /// Blocks until the step has been called `count` times in all; false if that takes longer than a
  /// test should.
  bool wait_for_calls(const std::string& step, std::size_t count);
  std::size_t calls(const std::string& step) const;
  /// How many calls were cancelled before they were answered.
  std::size_t cancelled() const;
  /// The parameters of all calls of the step so far, as JSON text, in order.
  std::vector<std::string> parameters(const std::string& step) const;

 private:
  struct Call {
    CallId id;
    FunctionCall call;
    std::string step;
    std::uint32_t attempt;
    std::function<void(FunctionOutcome)> done;
  };

  void answer_calls();
  std::deque<Call>::iterator next_free_call();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  FunctionScript script_;
  std::set<std::string> held_;
  std::deque<Call> waiting_;
  std::deque<Call> cancelled_;
  CallId last_ = 0;
  std::map<std::string, std::vector<std::string>> seen_;  // parameters by step
  std::size_t cancelled_count_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace millrace
