#pragma once
// The promises of a call that were rejected while nobody waited for them. V8 tells of each, and tells
// again if somebody waits for it after all.

#include <v8.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace millrace::worker {

class UnawaitedFailures {
 public:
  /// The isolate's, for its life. There is one of these per isolate.
  void attach(v8::Isolate* isolate);

  bool empty() const { return kept_.empty(); }
  /// How many there are beyond those that are kept.
  std::size_t left_out() const { return left_out_; }
  void clear();

  /// Hands out why each failed, but for the one that the call returned: its failure is the call's.
  template <class Take>
  void each(v8::Isolate* isolate, v8::Local<v8::Value> returned, Take take) {
    for (const auto& kept : std::exchange(kept_, {})) {
      const auto promise = kept.Get(isolate);
      if (promise != returned) take(promise->Result());
    }
  }

 private:
  static constexpr std::size_t kept_max = 16;

  static void on_rejection(v8::PromiseRejectMessage message);
  void add(v8::Isolate* isolate, v8::Local<v8::Promise> promise);
  void remove(v8::Local<v8::Promise> promise);

  std::vector<v8::Global<v8::Promise>> kept_;
  std::size_t left_out_ = 0;
};

}  // namespace millrace::worker
