#include "actors/functions/worker/realm.h"

#include "actors/functions/worker/engine.h"
#include "actors/functions/worker/thrown_value.h"

namespace millrace::worker {

Realm::Realm(v8::Isolate* isolate)
    : isolate_(isolate),
      microtasks_(v8::MicrotaskQueue::New(isolate, v8::MicrotasksPolicy::kExplicit)) {}

std::unique_ptr<Realm> Realm::create(v8::Isolate* isolate) {
  constexpr std::size_t context_in_snapshot = 0;
  const v8::HandleScope handles(isolate);
  std::unique_ptr<Realm> realm(new Realm(isolate));
  v8::Local<v8::Context> context;
  if (!v8::Context::FromSnapshot(isolate, context_in_snapshot, {}, nullptr, {},
                                 realm->microtasks_.get())
           .ToLocal(&context)) {
    return nullptr;
  }
  const v8::Context::Scope scope(context);
  const auto stored = [&](SnapshotValue value) {
    return context->GetDataFromSnapshotOnce<v8::Value>(static_cast<std::size_t>(value))
        .ToLocalChecked();
  };
  realm->context_.Reset(isolate, context);
  realm->next_timer_.Reset(isolate, stored(SnapshotValue::next_timer).As<v8::Function>());
  realm->fire_timer_.Reset(isolate, stored(SnapshotValue::fire_timer).As<v8::Function>());
  realm->clear_timers_.Reset(isolate, stored(SnapshotValue::clear_timers).As<v8::Function>());
  v8::Local<v8::Value> libraries = stored(SnapshotValue::libraries);
  realm->libraries_.Reset(isolate, libraries);
  // Not in the snapshot: V8 adds its newest built-ins to the context after reading it.
  const auto lock = stored(SnapshotValue::lock).As<v8::Function>();
  if (lock->Call(context, v8::Undefined(isolate), 1, &libraries).IsEmpty()) return nullptr;
  return realm;
}

Realm::~Realm() {
  function_.Reset();
  context_.Reset();
  isolate_->ContextDisposedNotification();
}

std::optional<Failure> Realm::install(v8::Local<v8::UnboundScript> script) {
  const auto here = context();
  v8::TryCatch caught(isolate_);
  v8::Local<v8::Value> value;
  if (!script->BindToCurrentContext()->Run(here).ToLocal(&value)) {
    if (caught.Exception().IsEmpty() || caught.HasTerminated()) return Failure{};
    return describe_thrown(isolate_, here, caught.Exception(), caught.Message());
  }
  if (!value->IsFunction()) {
    return Failure{ErrorCode::function_syntax,
                   "the code is an expression, but its value is not a function",
                   {}};
  }
  function_.Reset(isolate_, value.As<v8::Function>());
  return std::nullopt;
}

v8::MaybeLocal<v8::Value> Realm::call(v8::Local<v8::Value> parameters) {
  v8::Local<v8::Value> arguments[] = {parameters, libraries_.Get(isolate_)};
  return function_.Get(isolate_)->Call(context(), v8::Undefined(isolate_), 2, arguments);
}

double Realm::next_timer() {
  v8::Local<v8::Value> wait;
  if (!call_hook(next_timer_).ToLocal(&wait) || !wait->IsNumber()) return -1;
  return wait.As<v8::Number>()->Value();
}

v8::MaybeLocal<v8::Value> Realm::fire_timer() { return call_hook(fire_timer_); }

void Realm::clear_timers() {
  v8::TryCatch ignored(isolate_);
  static_cast<void>(call_hook(clear_timers_).IsEmpty());
}

v8::MaybeLocal<v8::Value> Realm::call_hook(const v8::Global<v8::Function>& hook) {
  return hook.Get(isolate_)->Call(context(), v8::Undefined(isolate_), 0, nullptr);
}

}  // namespace millrace::worker
