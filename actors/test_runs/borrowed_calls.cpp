#include "actors/test_runs/borrowed_calls.h"

namespace millrace {
namespace {

const Error stopping(ErrorCode::overloaded, "the server is stopping");

}  // namespace

FunctionEngine::CallId BorrowedFunctions::run(FunctionCall call,
                                              std::function<void(FunctionOutcome)> done) {
  const auto number = pending_->add(done);
  if (number == 0) {
    done({stopping, {}, Millis(0)});
    return 0;
  }
  return engine_.run(std::move(call), [pending = pending_, number](FunctionOutcome outcome) {
    pending->answer(number, std::move(outcome));
  });
}

void BorrowedFunctions::stop() { pending_->stop({stopping, {}, Millis(0)}); }

HttpCaller::CallId BorrowedHttpCaller::call(HttpRequest request,
                                            std::function<void(HttpOutcome)> done) {
  const auto number = pending_->add(done);
  if (number == 0) {
    done(stopping);
    return 0;
  }
  return caller_.call(std::move(request), [pending = pending_, number](HttpOutcome outcome) {
    pending->answer(number, std::move(outcome));
  });
}

void BorrowedHttpCaller::stop() { pending_->stop(stopping); }

}  // namespace millrace
