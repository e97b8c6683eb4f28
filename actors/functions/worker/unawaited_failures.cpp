#include "actors/functions/worker/unawaited_failures.h"

namespace millrace::worker {
namespace {

// Slot 0 is the console's.
constexpr std::uint32_t failures_slot = 1;

}  // namespace

void UnawaitedFailures::attach(v8::Isolate* isolate) {
  isolate->SetData(failures_slot, this);
  isolate->SetPromiseRejectCallback(&on_rejection);
}

void UnawaitedFailures::clear() {
  kept_.clear();
  left_out_ = 0;
}

void UnawaitedFailures::on_rejection(v8::PromiseRejectMessage message) {
  const auto promise = message.GetPromise();
  v8::Isolate* const isolate = promise->GetIsolate();
  auto& failures = *static_cast<UnawaitedFailures*>(isolate->GetData(failures_slot));
  if (message.GetEvent() == v8::kPromiseRejectWithNoHandler) failures.add(isolate, promise);
  if (message.GetEvent() == v8::kPromiseHandlerAddedAfterReject) failures.remove(promise);
}

void UnawaitedFailures::add(v8::Isolate* isolate, v8::Local<v8::Promise> promise) {
  if (kept_.size() == kept_max) {
    ++left_out_;
  } else {
    kept_.emplace_back(isolate, promise);
  }
}

void UnawaitedFailures::remove(v8::Local<v8::Promise> promise) {
  const auto found = std::find(kept_.begin(), kept_.end(), promise);
  if (found != kept_.end()) {
    kept_.erase(found);
  } else if (left_out_ > 0) {
    --left_out_;
  }
}

}  // namespace millrace::worker
