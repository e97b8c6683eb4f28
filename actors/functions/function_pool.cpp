#include "actors/functions/function_pool.h"

#include "actors/functions/descriptor.h"
#include "actors/functions/dispatcher.h"

#include <future>
#include <mutex>
#include <sys/eventfd.h>
#include <thread>

namespace millrace {
namespace {

FunctionOutcome stopping_outcome() {
  return {Error(ErrorCode::overloaded, "the server is stopping"), {}, Millis(0)};
}

}  // namespace

class FunctionPool::Impl {
 public:
  explicit Impl(FunctionPoolOptions options)
      : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        intake_(options.intake, wake_.get()),
        dispatcher_(std::move(options), intake_, wake_.get()),
        thread_([this] { dispatcher_.run(); }) {}

  ~Impl() { stop(); }

  void stop() {
    const std::lock_guard lock(stop_mutex_);
    if (!thread_.joinable()) return;
    dispatcher_.stop();
    intake_.close();
    thread_.join();
  }

  Intake& intake() { return intake_; }
  const Dispatcher& dispatcher() const { return dispatcher_; }

 private:
  Descriptor wake_;
  Intake intake_;
  Dispatcher dispatcher_;
  std::mutex stop_mutex_;
  std::thread thread_;
};

FunctionPool::FunctionPool(FunctionPoolOptions options)
    : timings_(options.timings), impl_(std::make_unique<Impl>(std::move(options))) {}

FunctionPool::~FunctionPool() = default;

FunctionPool::CallId FunctionPool::run(FunctionCall call,
                                       std::function<void(FunctionOutcome)> done) {
  CHECK(call.source != nullptr && done != nullptr, "a call needs a source and an answer");
  auto queued = std::make_unique<QueuedCall>();
  queued->kind = CallKind::run;
  queued->source = std::move(call.source);
  queued->text = std::move(call.parameters);
  queued->user = std::move(call.user);
  queued->done = std::move(done);
  return submit(std::move(queued));
}

void FunctionPool::cancel(CallId call) { impl_->intake().cancel(call); }

Outcome FunctionPool::check(const std::string& code) {
  // One source for all checks: the queue and the counters need one, the worker does not see it.
  static const auto source = [] {
    auto made = std::make_shared<FunctionSource>();
    made->identity = "check";
    made->limits.time = Millis(5'000);
    return std::shared_ptr<const FunctionSource>(std::move(made));
  }();
  if (code.size() > limits::function_code_bytes_max) {
    return Error(
        ErrorCode::function_syntax,
        "the code is larger than " + std::to_string(limits::function_code_bytes_max) + " bytes");
  }
  auto promise = std::make_shared<std::promise<FunctionOutcome>>();
  auto answer = promise->get_future();
  auto queued = std::make_unique<QueuedCall>();
  queued->kind = CallKind::check;
  queued->source = source;
  queued->text = code;
  queued->done = [promise](FunctionOutcome outcome) { promise->set_value(std::move(outcome)); };
  submit(std::move(queued));
  const FunctionOutcome outcome = answer.get();
  if (!outcome.result.ok()) return outcome.result.error();
  return Done{};
}

void FunctionPool::stop() { impl_->stop(); }

FunctionPoolStats FunctionPool::stats() const { return impl_->dispatcher().stats(); }

FunctionPool::CallId FunctionPool::submit(QueuedCallPtr call) {
  const CallId id = ++last_id_;
  call->id = id;
  if (timings_ != nullptr) call->submitted = timings_->clock.moment();
  if (!impl_->intake().push(call)) call->done(stopping_outcome());
  return id;
}

}  // namespace millrace
