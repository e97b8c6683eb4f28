#include "actors/functions/worker/memory_budget.h"

#include <algorithm>
#include <cstdlib>

namespace millrace::worker {
namespace {

// To ask V8 how large its heap is takes microseconds, so buffers get room in steps of this size, and
// a heap beside fewer bytes of them is left to V8's own limit.
constexpr std::size_t grant_bytes = 4u << 20;
// What V8 gets on top when the limit is reached, so that it can end the call instead of the
// process.
constexpr std::size_t heap_slack_bytes = 64u << 20;
/// With less than this part of the budget free, memory is nearly full.
constexpr std::size_t short_part = 4;

}  // namespace

void MemoryBudget::attach(v8::Isolate* isolate, std::size_t heap_limit) {
  isolate_ = isolate;
  heap_limit_ = heap_limit;
  isolate_->AddNearHeapLimitCallback(&near_heap_limit, this);
  // Only full collections are repeated in vain; the others are the daily bread of quick functions, and the
  // clock is a system call.
  isolate_->AddGCPrologueCallback(&before_collection, this, v8::kGCTypeMarkSweepCompact);
  isolate_->AddGCEpilogueCallback(&after_collection, this);
}

void MemoryBudget::begin(std::size_t bytes) {
  budget_ = bytes;
  granted_ = std::min(granted_, grant_bytes);
  is_in_call_ = true;
  is_exceeded_ = has_refused_ = false;
  starved_.store(0, std::memory_order_relaxed);
  if (budget_ >= heap_limit_) return;
  // V8 lowers a limit only together with removing a callback. A higher one is granted when the
  // callback asks for it.
  isolate_->RemoveNearHeapLimitCallback(&near_heap_limit, budget_);
  isolate_->AddNearHeapLimitCallback(&near_heap_limit, this);
  heap_limit_ = budget_;
}

std::size_t MemoryBudget::used() const {
  v8::HeapStatistics heap;
  isolate_->GetHeapStatistics(&heap);
  return heap.used_heap_size() + buffers_used_;
}

void* MemoryBudget::Allocate(size_t size) {
  return take(size, find_room(size) ? std::calloc(1, size) : nullptr);
}

void* MemoryBudget::AllocateUninitialized(size_t size) {
  return take(size, find_room(size) ? std::malloc(size) : nullptr);
}

void MemoryBudget::Free(void* bytes, size_t size) {
  std::free(bytes);
  buffers_used_ -= size;
}

void* MemoryBudget::take(std::size_t size, void* bytes) {
  if (bytes == nullptr) {
    has_refused_ = true;
  } else {
    buffers_used_ += size;
  }
  return bytes;
}

bool MemoryBudget::find_room(std::size_t size) {
  if (size <= granted_ && buffers_used_ <= granted_ - size) return true;
  if (isolate_ == nullptr) return false;  // being made; what it starts from holds no buffers
  const std::size_t in_use = used();
  if (in_use > budget_ || size > budget_ - in_use) return false;
  granted_ = buffers_used_ + size + std::min(grant_bytes, budget_ - in_use - size);
  return true;
}

void MemoryBudget::exceed() {
  if (!is_in_call_) return;
  is_exceeded_ = true;
  isolate_->TerminateExecution();
}

std::size_t MemoryBudget::next_heap_limit(std::size_t current) {
  if (current < budget_) return heap_limit_ = budget_;
  exceed();
  return current + heap_slack_bytes;
}

void MemoryBudget::note_starved() {
  if (!is_in_call_) return;
  if (!has_refused_ && used() <= budget_ - budget_ / short_part) return;
  starved_.store(starved() + processor_now() - collection_began_, std::memory_order_relaxed);
}

void MemoryBudget::look_after(v8::GCType collection) {
  if (!is_in_call_ || buffers_used_ <= grant_bytes || used() <= budget_) return;
  if (collection == v8::kGCTypeMarkSweepCompact) return exceed();
  if (wants_collection_) return;
  wants_collection_ = true;
  // Not from here, inside of another collection.
  isolate_->RequestInterrupt(
      [](v8::Isolate*, void* budget) { static_cast<MemoryBudget*>(budget)->collect_all(); }, this);
}

/// `look_after` sees what is left.
void MemoryBudget::collect_all() {
  wants_collection_ = false;
  if (used() <= budget_) return;
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kNone);
}

std::size_t MemoryBudget::near_heap_limit(void* budget, std::size_t current, std::size_t) {
  return static_cast<MemoryBudget*>(budget)->next_heap_limit(current);
}

void MemoryBudget::before_collection(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* budget) {
  static_cast<MemoryBudget*>(budget)->collection_began_ = processor_now();
}

void MemoryBudget::after_collection(v8::Isolate*, v8::GCType collection, v8::GCCallbackFlags,
                                    void* budget) {
  auto& self = *static_cast<MemoryBudget*>(budget);
  if (collection == v8::kGCTypeMarkSweepCompact) self.note_starved();
  self.look_after(collection);
}

}  // namespace millrace::worker
