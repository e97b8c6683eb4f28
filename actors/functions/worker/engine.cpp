#include "actors/functions/worker/engine.h"

#include <cstring>
#include <ctime>
#include <libplatform/libplatform.h>
#include <sys/random.h>

namespace millrace::worker {
namespace {

// single-threaded: no helper threads, so the zygote may fork and V8's concurrent marker never runs.
// no-expose-wasm: each WebAssembly.Memory would reserve gigabytes.
// hard-abort: V8 ends by a trap, which the sandbox lets through; abort(3) needs system calls.
// no-enable-lazy-source-positions: with a full stack V8 cannot find out afterwards which line it is in.
constexpr char flags[] =
    "--single-threaded --no-expose-wasm --hard-abort --no-enable-lazy-source-positions";

constexpr std::uint32_t console_slot = 0;

void write_console(const v8::FunctionCallbackInfo<v8::Value>& arguments) {
  v8::Isolate* const isolate = arguments.GetIsolate();
  auto* const sink = static_cast<ConsoleSink*>(isolate->GetData(console_slot));
  if (sink == nullptr || arguments.Length() < 2) return;
  if (!arguments[0]->IsUint32() || !arguments[1]->IsString()) return;
  sink->write(arguments[0].As<v8::Uint32>()->Value(), arguments[1].As<v8::String>());
}

void fill_random(const v8::FunctionCallbackInfo<v8::Value>& arguments) {
  if (arguments.Length() < 1 || !arguments[0]->IsUint8Array()) return;
  const auto view = arguments[0].As<v8::Uint8Array>();
  auto* const bytes = static_cast<std::uint8_t*>(view->Buffer()->GetBackingStore()->Data());
  if (bytes == nullptr) return;
  std::size_t done = 0;
  while (done < view->ByteLength()) {
    // 256 bytes at a time never come short and are never interrupted (getrandom(2)).
    const std::size_t size = std::min<std::size_t>(256, view->ByteLength() - done);
    if (::getrandom(bytes + view->ByteOffset() + done, size, 0) < 0) return;
    done += size;
  }
}

void monotonic(const v8::FunctionCallbackInfo<v8::Value>& arguments) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const double ms = static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  arguments.GetReturnValue().Set(ms);
}

}  // namespace

Engine::Engine(const char* program) {
  v8::V8::SetFlagsFromString(flags, std::strlen(flags));
  v8::V8::InitializeICUDefaultLocation(program);
  platform_ = v8::platform::NewSingleThreadedDefaultPlatform();
  v8::V8::InitializePlatform(platform_.get());
  v8::V8::Initialize();
}

const intptr_t* external_references() {
  static const intptr_t references[] = {reinterpret_cast<intptr_t>(&write_console),
                                        reinterpret_cast<intptr_t>(&fill_random),
                                        reinterpret_cast<intptr_t>(&monotonic), 0};
  return references;
}

v8::Local<v8::Object> make_host_object(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  const auto host = v8::Object::New(isolate);
  const auto add = [&](const char* name, v8::FunctionCallback callback) {
    const auto function =
        v8::FunctionTemplate::New(isolate, callback, {}, {}, 0, v8::ConstructorBehavior::kThrow)
            ->GetFunction(context)
            .ToLocalChecked();
    host->Set(context, v8::String::NewFromUtf8(isolate, name).ToLocalChecked(), function).Check();
  };
  add("write", &write_console);
  add("random", &fill_random);
  add("monotonic", &monotonic);
  return host;
}

void set_console_sink(v8::Isolate* isolate, ConsoleSink* sink) {
  isolate->SetData(console_slot, sink);
}

}  // namespace millrace::worker
