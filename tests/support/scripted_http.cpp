#include "tests/support/scripted_http.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace {
namespace {

HttpOutcome refused() { return Error(ErrorCode::overloaded, "the HTTP caller is stopping"); }

}  // namespace

ScriptedHttp::ScriptedHttp(RequestScript script)
    : script_(std::move(script)), thread_([this] { answer_calls(); }) {}

ScriptedHttp::~ScriptedHttp() { stop(); }

HttpCaller::CallId ScriptedHttp::call(HttpRequest request, std::function<void(HttpOutcome)> done) {
  {
    const std::lock_guard guard(mutex_);
    const CallId id = ++last_id_;
    if (!stopping_) {
      const std::string step = step_of(request);
      auto& sent = sent_[step];
      sent.push_back(request);
      const std::string key = idempotency_key_of(request);
      const auto attempt = std::count_if(sent.begin(), sent.end(), [&](const HttpRequest& each) {
        return idempotency_key_of(each) == key;
      });
      waiting_.push_back(
          {id, {step, std::move(request), static_cast<std::uint32_t>(attempt)}, std::move(done)});
      changed_.notify_all();
      return id;
    }
  }
  done(refused());
  return 0;
}

void ScriptedHttp::cancel(CallId call) {
  const std::lock_guard guard(mutex_);
  for (Call& each : waiting_) {
    if (each.id != call || each.is_cancelled) continue;
    each.is_cancelled = true;
    ++cancelled_[each.request.step];
  }
  changed_.notify_all();
}

void ScriptedHttp::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ScriptedHttp::on(const std::string& step, RequestRule rule) {
  const std::lock_guard guard(mutex_);
  script_.on(step, std::move(rule));
}

void ScriptedHttp::hold(const std::string& step) {
  const std::lock_guard guard(mutex_);
  held_.insert(step);
}

void ScriptedHttp::release(const std::string& step) {
  const std::lock_guard guard(mutex_);
  held_.erase(step);
  changed_.notify_all();
}

bool ScriptedHttp::wait_for_calls(const std::string& step, std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20),
                           [&] { return sent_[step].size() >= count; });
}

std::vector<HttpRequest> ScriptedHttp::sent(const std::string& step) const {
  const std::lock_guard guard(mutex_);
  const auto found = sent_.find(step);
  return found == sent_.end() ? std::vector<HttpRequest>() : found->second;
}

std::size_t ScriptedHttp::cancelled(const std::string& step) const {
  const std::lock_guard guard(mutex_);
  const auto found = cancelled_.find(step);
  return found == cancelled_.end() ? 0 : found->second;
}

std::deque<ScriptedHttp::Call>::iterator ScriptedHttp::next_free_call() {
  return std::find_if(waiting_.begin(), waiting_.end(), [this](const Call& call) {
    return call.is_cancelled || !held_.contains(call.request.step);
  });
}

void ScriptedHttp::answer_calls() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || next_free_call() != waiting_.end(); });
    if (stopping_) break;
    const auto next = next_free_call();
    Call call = std::move(*next);
    waiting_.erase(next);
    const RequestScript script = script_;
    lock.unlock();
    call.done(call.is_cancelled ? HttpOutcome(Error(ErrorCode::cancelled, "the call was cancelled"))
                                : script.answer(call.request));
    call.done = nullptr;  // before the caller is told anything else
    lock.lock();
  }
  const std::deque<Call> unanswered = std::exchange(waiting_, {});
  lock.unlock();
  for (const Call& call : unanswered) call.done(refused());
}

}  // namespace millrace
