// millrace-function-snapshot <bundle.js> <blob>: runs the library bundle once in a fresh context
// and writes V8's start-up snapshot of the result. Each worker's contexts then start from it within
// about a millisecond. The snapshot is valid only for the V8 build that made it, so the build makes
// it, never the release.

#include "actors/functions/worker/engine.h"

#include <v8.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using millrace::worker::SnapshotValue;

v8::Local<v8::String> text(v8::Isolate* isolate, const std::string& value) {
  return v8::String::NewFromUtf8(isolate, value.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(value.size()))
      .ToLocalChecked();
}

bool report(v8::Isolate* isolate, const char* what, v8::TryCatch& caught) {
  const bool has_message = !caught.Message().IsEmpty();
  const v8::String::Utf8Value why(
      isolate, has_message ? caught.Message()->Get().As<v8::Value>() : caught.Exception());
  std::fprintf(stderr, "%s failed: %s\n", what, *why ? *why : "?");
  return false;
}

/// Evaluates the bundle and stores what the workers need. False: the bundle threw.
bool fill_context(v8::Isolate* isolate, v8::Local<v8::Context> context, const std::string& bundle,
                  v8::SnapshotCreator& creator) {
  v8::Context::Scope context_scope(context);
  v8::TryCatch caught(isolate);
  const auto global = context->Global();
  const auto host = millrace::worker::make_host_object(isolate, context);
  global->Set(context, text(isolate, "__host"), host).Check();

  v8::ScriptOrigin origin(isolate, text(isolate, "libraries"));
  v8::ScriptCompiler::Source source(text(isolate, bundle), origin);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> hooks_value;

  if (!v8::ScriptCompiler::Compile(context, &source).ToLocal(&script) ||
      script->Run(context).IsEmpty() ||
      !global->Get(context, text(isolate, "__hooks")).ToLocal(&hooks_value) ||
      !hooks_value->IsObject()) {
    return report(isolate, "the library bundle", caught);
  }
  const auto hooks = hooks_value.As<v8::Object>();
  const auto hook = [&](const char* name) {
    return hooks->Get(context, text(isolate, name)).ToLocalChecked();
  };
  global->Delete(context, text(isolate, "__hooks")).Check();

  // After all libraries have loaded, and before V8 writes what they left.
  if (hook("finishLoading").As<v8::Function>()->Call(context, global, 0, nullptr).IsEmpty()) {
    return report(isolate, "finishLoading", caught);
  }

  const std::pair<SnapshotValue, const char*> values[] = {
      {SnapshotValue::next_timer, "nextTimer"},
      {SnapshotValue::fire_timer, "fireTimer"},
      {SnapshotValue::clear_timers, "clearTimers"},
      {SnapshotValue::libraries, "libraries"},
      {SnapshotValue::lock, "lock"}};
  for (const auto& [value, name] : values) {
    if (creator.AddData(context, hook(name)) != static_cast<std::size_t>(value)) return false;
  }
  return true;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 3) {
    std::fprintf(stderr, "usage: %s <bundle.js> <blob>\n", arguments[0]);
    return 2;
  }
  std::ifstream bundle_file(arguments[1], std::ios::binary);
  const std::string bundle((std::istreambuf_iterator<char>(bundle_file)), {});
  if (bundle.empty()) {
    std::fprintf(stderr, "cannot read %s\n", arguments[1]);
    return 1;
  }
  millrace::worker::Engine engine(arguments[0]);
  v8::StartupData blob{};
  {
    v8::SnapshotCreator creator(millrace::worker::external_references());
    v8::Isolate* const isolate = creator.GetIsolate();
    {
      v8::HandleScope handles(isolate);
      creator.SetDefaultContext(v8::Context::New(isolate));
      const auto context = v8::Context::New(isolate);
      if (!fill_context(isolate, context, bundle, creator)) return 1;
      creator.AddContext(context);
    }
    blob = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  }
  if (blob.data == nullptr) return 1;
  std::ofstream out(arguments[2], std::ios::binary | std::ios::trunc);
  out.write(blob.data, blob.raw_size);
  out.close();
  std::printf("snapshot: %d bytes\n", blob.raw_size);
  delete[] blob.data;
  return out.good() ? 0 : 1;
}
