#include "tests/support/scripted_functions.h"

#include <algorithm>
#include <chrono>

namespace millrace {
namespace {

FunctionOutcome refused() {
  return {Error(ErrorCode::overloaded, "the function engine is stopping"), {}, Millis(0)};
}

}  // namespace

ScriptedFunctions::ScriptedFunctions(FunctionScript script)
    : script_(std::move(script)), thread_([this] { answer_calls(); }) {}

ScriptedFunctions::~ScriptedFunctions() { stop(); }

FunctionEngine::CallId ScriptedFunctions::run(FunctionCall call,
                                              std::function<void(FunctionOutcome)> done) {
  {
    const std::lock_guard guard(mutex_);
    if (!stopping_) {
      const std::string step = step_of(*call.source);
      auto& seen = seen_[step];
      seen.push_back(call.parameters);
      const auto attempt = std::count(seen.begin(), seen.end(), call.parameters);
      waiting_.push_back(
          {++last_, std::move(call), step, static_cast<std::uint32_t>(attempt), std::move(done)});
      changed_.notify_all();
      return last_;
    }
  }
  done(refused());
  return 0;
}

void ScriptedFunctions::cancel(CallId call) {
  const std::lock_guard guard(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Call& each) { return each.id == call; });
  if (found == waiting_.end()) return;
  cancelled_.push_back(std::move(*found));
  waiting_.erase(found);
  ++cancelled_count_;
  changed_.notify_all();
}

std::size_t ScriptedFunctions::cancelled() const {
  const std::lock_guard guard(mutex_);
  return cancelled_count_;
}

Outcome ScriptedFunctions::check(const std::string&) { return Done{}; }

void ScriptedFunctions::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ScriptedFunctions::on(const std::string& step, FunctionRule rule) {
  const std::lock_guard guard(mutex_);
  script_.on(step, std::move(rule));
}

void ScriptedFunctions::hold(const std::string& step) {
  const std::lock_guard guard(mutex_);
  held_.insert(step);
}

void ScriptedFunctions::release(const std::string& step) {
  const std::lock_guard guard(mutex_);
  held_.erase(step);
  changed_.notify_all();
}

bool ScriptedFunctions::wait_for_calls(const std::string& step, std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20),
                           [&] { return seen_[step].size() >= count; });
}

std::size_t ScriptedFunctions::calls(const std::string& step) const {
  return parameters(step).size();
}

std::vector<std::string> ScriptedFunctions::parameters(const std::string& step) const {
  const std::lock_guard guard(mutex_);
  const auto found = seen_.find(step);
  return found == seen_.end() ? std::vector<std::string>() : found->second;
}

std::deque<ScriptedFunctions::Call>::iterator ScriptedFunctions::next_free_call() {
  return std::find_if(waiting_.begin(), waiting_.end(),
                      [this](const Call& call) { return !held_.contains(call.step); });
}

void ScriptedFunctions::answer_calls() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return stopping_ || !cancelled_.empty() || next_free_call() != waiting_.end();
    });
    if (stopping_) break;
    if (!cancelled_.empty()) {
      const Call call = std::move(cancelled_.front());
      cancelled_.pop_front();
      lock.unlock();
      call.done({Error(ErrorCode::cancelled, "the function call was cancelled"), {}, Millis(0)});
      lock.lock();
      continue;
    }
    const auto next = next_free_call();
    const Call call = std::move(*next);
    waiting_.erase(next);
    const FunctionRule rule = script_.rule_of(call.step);
    FunctionScript script;
    script.on(call.step, rule);
    lock.unlock();
    call.done(script.answer(*call.call.source, call.call.parameters, call.attempt));
    lock.lock();
  }
  std::deque<Call> unanswered = std::exchange(waiting_, {});
  for (Call& call : std::exchange(cancelled_, {})) unanswered.push_back(std::move(call));
  lock.unlock();
  for (const Call& call : unanswered) call.done(refused());
}

}  // namespace millrace
