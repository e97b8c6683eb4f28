#pragma once
// One JavaScript context with the user's function in it. Calls of one function version share a
// realm (or have one each); two function versions never do. Its microtasks are its own, so what a
// call leaves behind cannot run later inside another realm's call.

#include "actors/functions/worker/failure.h"

#include <v8.h>

#include <memory>
#include <optional>
#include <variant>

namespace millrace::worker {

class Realm {
 public:
  /// A fresh context from the snapshot. Empty when V8 was terminated meanwhile.
  static std::unique_ptr<Realm> create(v8::Isolate* isolate);
  ~Realm();
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  v8::Local<v8::Context> context() const { return context_.Get(isolate_); }
  v8::MicrotaskQueue& microtasks() { return *microtasks_; }

  /// Runs the compiled text and keeps the function it evaluates to.
  std::optional<Failure> install(v8::Local<v8::UnboundScript> script);

  /// Calls the installed function. Empty: it threw, or was terminated.
  v8::MaybeLocal<v8::Value> call(v8::Local<v8::Value> parameters);

  /// Milliseconds until the next timer of this realm, -1 when there is none.
  double next_timer();
  /// Runs the callback that is due. Empty: it threw, or was terminated.
  v8::MaybeLocal<v8::Value> fire_timer();
  void clear_timers();

 private:
  explicit Realm(v8::Isolate* isolate);
  v8::MaybeLocal<v8::Value> call_hook(const v8::Global<v8::Function>& hook);

  v8::Isolate* const isolate_;
  std::unique_ptr<v8::MicrotaskQueue> microtasks_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Function> next_timer_;
  v8::Global<v8::Function> fire_timer_;
  v8::Global<v8::Function> clear_timers_;
  v8::Global<v8::Value> libraries_;
  v8::Global<v8::Function> function_;
};

}  // namespace millrace::worker
