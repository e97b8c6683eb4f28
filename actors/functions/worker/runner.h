#pragma once
// Runs calls: the one place where JavaScript of users is executed, with every limit around it.
// It owns the isolate, the compiled sources and their realms. What it promises for each call: an
// answer with the right code, unless V8 itself does not come back, which is the pool's business.
//
// A call's time is what it computes plus what it waits for its own timers, as long as it asked for. The
// time in which a busy machine, or the pool, lets it stand is not counted.
//
// After function_timeout and function_memory the isolate is not used again: the pool replaces the
// worker.

#include "actors/functions/worker/engine.h"
#include "actors/functions/worker/failure.h"
#include "actors/functions/worker/memory_budget.h"
#include "actors/functions/worker/outbox.h"
#include "actors/functions/worker/realm.h"
#include "actors/functions/worker/unawaited_failures.h"
#include "actors/functions/worker/watchdog.h"

#include <v8.h>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millrace::worker {

/// One function version as the pool sent it.
struct Source {
  std::uint32_t id = 0;
  bool fresh_context = false;  // isolation: call
  Nanos time_max = 0;
  std::size_t memory_bytes_max = 0;
  std::size_t output_bytes_max = 0;
  std::string code;
};

struct ConsoleEntry {
  std::uint8_t level = 0;  // position in log, info, warn, error, debug
  std::string text;
};

struct CallResult {
  std::optional<Failure> failure;
  std::string text;  // JSON, when there is no failure
  std::vector<ConsoleEntry> console;
  Nanos duration = 0;  // computing and waiting of the function itself, without compiling
};

class Runner final : private ConsoleSink {
 public:
  struct Options {
    std::size_t contexts_max = 0;
    std::size_t memory_bytes_max = 0;
    v8::StartupData* snapshot = nullptr;
  };

  /// `starved`: see WorkerProgress.
  Runner(Engine& engine, Outbox& outbox, std::atomic<Nanos>& starved, const Options& options);

  void add(Source source);
  void forget(std::uint32_t source);
  CallResult run(std::uint32_t source, std::string_view parameters);
  CallResult check(const std::string& code);

  /// Housekeeping between calls, when no call waits: V8's own tasks, and a nearly full heap.
  void rest();

 private:
  struct Entry {
    Source source;
    v8::Global<v8::UnboundScript> script;
    std::unique_ptr<Realm> realm;
    std::list<Entry*>::iterator recency;  // valid while `realm` is set
  };

  void begin(const Source& source);
  void end(const Source& source, CallResult& result);
  bool is_over();

  void run_armed(Entry& entry, std::string_view parameters, CallResult& result);
  std::optional<Failure> make_realm(Entry& entry, std::unique_ptr<Realm>& realm);
  void keep(Entry& entry, std::unique_ptr<Realm> realm);
  void drop_realm(Entry& entry);

  void call_in(Realm& realm, const Source& source, std::string_view parameters, CallResult& result);
  bool settle(Realm& realm, v8::Local<v8::Value>& value, CallResult& result);
  v8::Maybe<v8::Local<v8::Promise>> as_promise(v8::Local<v8::Context> context,
                                               v8::Local<v8::Value> value);
  bool wait_for_timer(Realm& realm, CallResult& result);
  void wait(Nanos time);
  void serialize(v8::Local<v8::Context> context, v8::Local<v8::Value> value, const Source& source,
                 CallResult& result);
  void describe(v8::Local<v8::Context> context, v8::TryCatch& caught, CallResult& result);

  void tell_lossy_numbers(std::string_view parameters);
  void tell_failures(v8::Local<v8::Context> context, v8::Local<v8::Value> returned);
  void write(unsigned level, v8::Local<v8::String> text) override;
  void write(ConsoleEntry entry);
  void cut_console();

  Engine& engine_;
  Outbox& outbox_;
  const std::size_t contexts_max_;
  MemoryBudget memory_;
  v8::Isolate* isolate_ = nullptr;
  std::unique_ptr<Watchdog> watchdog_;
  v8::Global<v8::Context> checking_context_;  // compiles for `check`; runs nothing

  std::unordered_map<std::uint32_t, Entry> entries_;
  std::list<Entry*> recent_;  // entries with a realm, latest first

  std::size_t crowded_bytes_ = 0;  // more in use between calls is too much

  UnawaitedFailures unawaited_;

  // The current call.
  Nanos waited_ = 0;
  bool out_of_time_ = false;
  std::vector<ConsoleEntry> console_;
  std::size_t console_bytes_ = 0;
  bool console_cut_ = false;
};

}  // namespace millrace::worker
