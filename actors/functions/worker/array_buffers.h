#pragma once
// Memory of ArrayBuffers, which V8 keeps outside its heap and its heap limit: capped, so that too
// much is a RangeError in the user's code. V8 may free from the thread it allocates on only,
// because it runs single-threaded.

#include <v8.h>

#include <cstdlib>

namespace millrace::worker {

class ArrayBuffers final : public v8::ArrayBuffer::Allocator {
 public:
  void set_limit(std::size_t bytes) { limit_ = bytes; }

  void* Allocate(size_t size) override { return take(size, std::calloc(has_room(size), size)); }
  void* AllocateUninitialized(size_t size) override {
    return take(size, has_room(size) ? std::malloc(size) : nullptr);
  }
  void Free(void* bytes, size_t size) override {
    std::free(bytes);
    used_ -= size;
  }

 private:
  bool has_room(std::size_t size) const { return size <= limit_ && used_ <= limit_ - size; }
  void* take(std::size_t size, void* bytes) {
    if (!has_room(size)) {
      std::free(bytes);  // calloc of nothing may still give a pointer
      return nullptr;
    }
    if (bytes != nullptr) used_ += size;
    return bytes;
  }

  std::size_t limit_ = 0;
  std::size_t used_ = 0;
};

}  // namespace millrace::worker
