#pragma once
// The memory of a call: one sum for V8's heap and for the bytes of ArrayBuffers, which V8 keeps
// outside its heap and does not count against its limit. Neither has a share of its own: either may
// use what the other leaves.
//
//   |<--------------------- budget --------------------->|
//   | heap: also V8's own limit |   room   |   buffers   |
//
// A buffer that finds no room is refused (V8 collects all garbage and asks again first), which is a
// RangeError in the user's code. A heap that grows into what buffers hold is noticed by the garbage
// collections that its growth brings about: the sum is looked at after each, and when one of all
// garbage does not bring it below the budget, the call is ended. So the heap may be too large for a
// moment, by one large array, say; heap and buffers are never more than twice the budget, which is
// what the process may have. (V8's limit cannot be kept at what the buffers leave: it can be lowered
// at any time, but V8 does not ask for more before it gives up on a large object.)
//
// Near the budget V8 collects again and again before it gives up, so a call may run out of time in there.
// What full collections compute that leave the memory nearly full is counted as *starved*: a call that ends
// for its time after much of that lacks memory (worker_contract.h).
//
// V8 allocates and frees on one thread only, because it runs single-threaded.

#include "actors/functions/worker/clocks.h"

#include <v8.h>

#include <atomic>
#include <cstddef>

namespace millrace::worker {

class MemoryBudget final : public v8::ArrayBuffer::Allocator {
 public:
  /// Where `starved` is kept, so that it is known also when the process is killed.
  explicit MemoryBudget(std::atomic<Nanos>& starved) : starved_(starved) {}
  /// The isolate, whose heap was made with that limit and that uses this allocator.
  void attach(v8::Isolate* isolate, std::size_t heap_limit);

  /// A call begins, in which heap and buffers may use so much; what earlier calls left counts.
  void begin(std::size_t bytes);
  /// It has ended: nothing is terminated any more.
  void end() { is_in_call_ = false; }

  /// The call's JavaScript is being terminated, because its memory is beyond the budget.
  bool is_exceeded() const { return is_exceeded_; }
  /// What the call has computed in vain.
  Nanos starved() const { return starved_.load(std::memory_order_relaxed); }
  /// A buffer found no room since `begin`.
  bool has_refused() const { return has_refused_; }
  /// By heap and buffers, garbage included.
  std::size_t used() const;

  void* Allocate(size_t size) override;
  void* AllocateUninitialized(size_t size) override;
  void Free(void* bytes, size_t size) override;

 private:
  bool find_room(std::size_t size);
  void* take(std::size_t size, void* bytes);
  void exceed();

  std::size_t next_heap_limit(std::size_t current);
  void look_after(v8::GCType collection);
  void note_starved();
  void collect_all();

  static std::size_t near_heap_limit(void* budget, std::size_t current, std::size_t initial);
  static void before_collection(v8::Isolate* isolate, v8::GCType collection,
                                v8::GCCallbackFlags flags, void* budget);
  static void after_collection(v8::Isolate* isolate, v8::GCType collection,
                               v8::GCCallbackFlags flags, void* budget);

  std::atomic<Nanos>& starved_;  // of the call
  Nanos collection_began_ = 0;   // by the processor's clock
  v8::Isolate* isolate_ = nullptr;
  std::size_t budget_ = 0;
  std::size_t heap_limit_ = 0;    // what V8 was told last
  std::size_t buffers_used_ = 0;  // in bytes
  std::size_t granted_ = 0;       // buffers may grow to this without asking how large the heap is
  bool is_in_call_ = false;
  bool is_exceeded_ = false;
  bool has_refused_ = false;
  bool wants_collection_ = false;
};

}  // namespace millrace::worker
