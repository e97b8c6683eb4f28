#pragma once
// V8 for the whole process: flags, platform, snapshot. The same flags must hold where the snapshot
// is made and where it is used; V8 refuses the snapshot otherwise.

#include <v8.h>

#include <memory>
#include <string>

namespace millrace::worker {

/// Order of the values that the snapshot keeps beside the context
/// (Context::GetDataFromSnapshotOnce).
enum class SnapshotValue : std::size_t { next_timer, fire_timer, clear_timers, libraries, lock };

/// Sets the flags and starts V8 without helper threads, so that the zygote may fork afterwards.
class Engine {
 public:
  explicit Engine(const char* program);

  v8::Platform& platform() { return *platform_; }

 private:
  std::unique_ptr<v8::Platform> platform_;
};

/// Addresses of the host functions, in the order in which the snapshot refers to them.
const intptr_t* external_references();

/// The three functions that platform.mjs rests on, as an object for the global `__host`.
v8::Local<v8::Object> make_host_object(v8::Isolate* isolate, v8::Local<v8::Context> context);

/// Where `console.*` of the current call goes. Found through the isolate's data slot 0.
class ConsoleSink {
 public:
  virtual void write(unsigned level, v8::Local<v8::String> text) = 0;

 protected:
  ~ConsoleSink() = default;
};

void set_console_sink(v8::Isolate* isolate, ConsoleSink* sink);

}  // namespace millrace::worker
