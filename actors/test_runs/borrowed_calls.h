#pragma once
// Lets a second actor system use the first one's function engine and HTTP caller. Each engine promises
// that `stop` leaves no callback behind; a borrower cannot stop the engine, so it keeps the callbacks
// itself and drops them on its own stop. Thread-safe.

#include "runtime/base/check.h"
#include "runtime/functions/function_engine.h"
#include "runtime/outbound/http_caller.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace millrace {

/// Callbacks that wait for one kind of outcome.
template <class Outcome>
class PendingCalls {
 public:
  using Done = std::function<void(Outcome)>;

  /// 0: no more are taken; `done` was not.
  std::uint64_t add(Done& done) {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return 0;
    pending_.emplace(++last_, std::move(done));
    return last_;
  }

  void answer(std::uint64_t call, Outcome outcome) {
    Done done;
    {
      const std::lock_guard lock(mutex_);
      const auto found = pending_.find(call);
      if (found == pending_.end()) return;
      done = std::move(found->second);
      pending_.erase(found);
      ++answering_;
    }
    done(std::move(outcome));
    done = nullptr;  // before anybody is told that it is gone
    const std::lock_guard lock(mutex_);
    --answering_;
    idle_.notify_all();
  }

  /// Answers all with `outcome`, and returns when none is being answered any more.
  void stop(const Outcome& outcome) {
    std::map<std::uint64_t, Done> left;
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
      left.swap(pending_);
    }
    for (auto& [call, done] : left) done(outcome);
    left.clear();
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return answering_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  std::map<std::uint64_t, Done> pending_;
  std::uint64_t last_ = 0;
  std::size_t answering_ = 0;
  bool is_stopped_ = false;
};

class BorrowedFunctions final : public FunctionEngine {
 public:
  explicit BorrowedFunctions(FunctionEngine& engine) : engine_(engine) {}

  CallId run(FunctionCall call, std::function<void(FunctionOutcome)> done) override;
  void cancel(CallId call) override { engine_.cancel(call); }
  millrace::Outcome check(const std::string& code) override { return engine_.check(code); }
  void stop() override;

 private:
  using Pending = PendingCalls<FunctionOutcome>;
  FunctionEngine& engine_;
  const std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
};

class BorrowedHttpCaller final : public HttpCaller {
 public:
  explicit BorrowedHttpCaller(HttpCaller& caller) : caller_(caller) {}

  CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) override;
  void cancel(CallId call) override { caller_.cancel(call); }
  void stop() override;

 private:
  using Pending = PendingCalls<HttpOutcome>;
  HttpCaller& caller_;
  const std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
};

}  // namespace millrace
