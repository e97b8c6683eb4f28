#include "actors/functions/worker/runner.h"

#include "actors/functions/frame.h"
#include "actors/functions/worker/function_text.h"
#include "actors/functions/worker/lossy_numbers.h"
#include "actors/functions/worker/thrown_value.h"
#include "actors/functions/worker/v8_text.h"
#include "actors/functions/worker_contract.h"
#include "runtime/base/json_surrogates.h"
#include "runtime/base/limits.h"

#include <algorithm>
#include <cerrno>
#include <libplatform/libplatform.h>
#include <new>
#include <unistd.h>

namespace millrace::worker {
namespace {

// Memory that no user is charged for: V8's own, and the libraries in each kept context.
constexpr std::size_t engine_bytes = 8u << 20;
constexpr std::size_t context_bytes = 3u << 20;
// A large young generation triples the worker and makes nothing faster.
constexpr std::size_t young_generation_bytes = 6u << 20;
// A shorter wait is not worth giving the place to somebody else for.
constexpr Nanos told_wait_min = 10 * nanos_per_ms;
constexpr std::size_t lossy_numbers_told_max = 3;
constexpr std::uint8_t level_warn = 2;
constexpr std::uint8_t level_error = 3;
constexpr Nanos check_time_max = 5'000 * nanos_per_ms;

[[noreturn]] void end_for_memory() { ::_exit(exit_code_out_of_memory); }

#if V8_MAJOR_VERSION >= 11
void on_out_of_memory(const char*, const v8::OOMDetails&) { end_for_memory(); }
#else
void on_out_of_memory(const char*, bool) { end_for_memory(); }
#endif

void fail(CallResult& result, ErrorCode code, std::string message) {
  result.failure = Failure{code, std::move(message), {}};
}

bool is_refusal_of_json(std::string_view message) {
  return message.starts_with("TypeError: Converting circular structure to JSON") ||
         message.starts_with("TypeError: Do not know how to serialize a BigInt") ||
         message.starts_with("RangeError: Invalid string length");
}

/// V8's words for a buffer that got no memory. The code did not catch it.
bool is_lack_of_room(const std::optional<Failure>& failure) {
  return failure && failure->message.starts_with("RangeError: Array buffer allocation failed");
}

}  // namespace

Runner::Runner(Engine& engine, Outbox& outbox, std::atomic<Nanos>& starved, const Options& options)
    : engine_(engine), outbox_(outbox), contexts_max_(options.contexts_max), memory_(starved) {
  std::set_new_handler(&end_for_memory);
  const std::size_t heap_limit =
      options.memory_bytes_max + engine_bytes + contexts_max_ * context_bytes;
  crowded_bytes_ = heap_limit - options.memory_bytes_max / 2;
  v8::Isolate::CreateParams parameters;
  parameters.snapshot_blob = options.snapshot;
  parameters.external_references = external_references();
  parameters.array_buffer_allocator = &memory_;
  parameters.allow_atomics_wait = false;
  parameters.constraints.set_max_old_generation_size_in_bytes(heap_limit);
  parameters.constraints.set_max_young_generation_size_in_bytes(young_generation_bytes);
  isolate_ = v8::Isolate::New(parameters);
  isolate_->Enter();
  isolate_->SetOOMErrorHandler(&on_out_of_memory);
  memory_.attach(isolate_, heap_limit);
  isolate_->SetCaptureStackTraceForUncaughtExceptions(true, 16);
  set_console_sink(isolate_, this);
  unawaited_.attach(isolate_);
  watchdog_ = std::make_unique<Watchdog>(isolate_, outbox_);
  const v8::HandleScope handles(isolate_);
  checking_context_.Reset(isolate_, v8::Context::New(isolate_));
}

void Runner::add(Source source) {
  Entry& entry = entries_[source.id];
  drop_realm(entry);
  entry.script.Reset();
  entry.source = std::move(source);
}

void Runner::forget(std::uint32_t source) {
  const auto found = entries_.find(source);
  if (found == entries_.end()) return;
  drop_realm(found->second);
  entries_.erase(found);
}

CallResult Runner::run(std::uint32_t source, std::string_view parameters) {
  CallResult result;
  const auto found = entries_.find(source);
  if (found == entries_.end()) {
    fail(result, ErrorCode::internal_error, "the worker was not given this function");
    return result;
  }
  const v8::HandleScope handles(isolate_);
  begin(found->second.source);
  run_armed(found->second, parameters, result);
  end(found->second.source, result);
  return result;
}

CallResult Runner::check(const std::string& code) {
  CallResult result;
  const v8::HandleScope handles(isolate_);
  Source source;
  source.time_max = check_time_max;
  source.memory_bytes_max = limits::function_memory_bytes_max;
  begin(source);
  {
    const auto context = checking_context_.Get(isolate_);
    const v8::Context::Scope scope(context);
    auto compiled = compile_function(isolate_, context, code);
    if (auto* failure = std::get_if<Failure>(&compiled)) result.failure = std::move(*failure);
  }
  end(source, result);
  result.text = "null";
  return result;
}

void Runner::begin(const Source& source) {
  memory_.begin(source.memory_bytes_max + engine_bytes + (recent_.size() + 1) * context_bytes);
  out_of_time_ = false;
  console_.clear();
  console_bytes_ = 0;
  console_cut_ = false;
  unawaited_.clear();
  waited_ = 0;
  watchdog_->arm(source.time_max);
}

void Runner::end(const Source& source, CallResult& result) {
  memory_.end();
  if (watchdog_->disarm()) out_of_time_ = true;
  if (out_of_time_ || memory_.is_exceeded()) isolate_->CancelTerminateExecution();
  const bool is_starved =
      out_of_time_ &&
      is_short_of_memory(memory_.starved(), std::chrono::nanoseconds(source.time_max));
  if (memory_.is_exceeded() || is_starved ||
      (memory_.has_refused() && is_lack_of_room(result.failure))) {
    fail(result, ErrorCode::function_memory, out_of_memory_text(source.memory_bytes_max));
  } else if (out_of_time_) {
    fail(result, ErrorCode::function_timeout,
         "the function ran longer than " + std::to_string(source.time_max / nanos_per_ms) + " ms");
  }
  result.console = std::move(console_);
  console_.clear();
}

void Runner::run_armed(Entry& entry, std::string_view parameters, CallResult& result) {
  if (entry.source.fresh_context) {
    std::unique_ptr<Realm> realm;
    result.failure = make_realm(entry, realm);
    if (!result.failure) call_in(*realm, entry.source, parameters, result);
    return;
  }
  if (entry.realm == nullptr) {
    std::unique_ptr<Realm> realm;
    result.failure = make_realm(entry, realm);
    if (result.failure) return;
    keep(entry, std::move(realm));
  } else if (entry.recency != recent_.begin()) {
    recent_.splice(recent_.begin(), recent_, entry.recency);
  }
  call_in(*entry.realm, entry.source, parameters, result);
}

std::optional<Failure> Runner::make_realm(Entry& entry, std::unique_ptr<Realm>& realm) {
  realm = Realm::create(isolate_);
  if (realm == nullptr) return Failure{};  // terminated; `end` says why
  const v8::HandleScope handles(isolate_);
  const auto context = realm->context();
  const v8::Context::Scope scope(context);
  if (entry.script.IsEmpty()) {
    auto compiled = compile_function(isolate_, context, entry.source.code);
    if (auto* failure = std::get_if<Failure>(&compiled)) return std::move(*failure);
    entry.script.Reset(isolate_, std::get<v8::Local<v8::UnboundScript>>(compiled));
  }
  return realm->install(entry.script.Get(isolate_));
}

void Runner::keep(Entry& entry, std::unique_ptr<Realm> realm) {
  entry.realm = std::move(realm);
  entry.recency = recent_.insert(recent_.begin(), &entry);
  if (recent_.size() > contexts_max_) drop_realm(*recent_.back());
}

void Runner::drop_realm(Entry& entry) {
  if (entry.realm == nullptr) return;
  recent_.erase(entry.recency);
  entry.realm.reset();
}

void Runner::call_in(Realm& realm, const Source& source, std::string_view parameters,
                     CallResult& result) {
  const v8::HandleScope handles(isolate_);
  const auto context = realm.context();
  const v8::Context::Scope scope(context);
  const Nanos before = watchdog_->computed();
  tell_lossy_numbers(parameters);
  v8::TryCatch caught(isolate_);
  v8::Local<v8::String> text;
  v8::Local<v8::Value> value;
  if (!to_v8(isolate_, parameters).ToLocal(&text) ||
      !v8::JSON::Parse(context, text).ToLocal(&value)) {
    return fail(result, ErrorCode::internal_error, "the parameters are not JSON");
  }
  if (!realm.call(value).ToLocal(&value)) {
    describe(context, caught, result);
  } else {
    const v8::Local<v8::Value> returned = value;
    if (settle(realm, value, result)) serialize(context, value, source, result);
    if (!unawaited_.empty() && !is_over()) tell_failures(context, returned);
  }
  if (!is_over()) realm.clear_timers();
  result.duration = watchdog_->computed() - before + waited_;
}

/// True: a limit was hit; no more JavaScript may run for this call.
bool Runner::is_over() {
  if (watchdog_->has_fired()) out_of_time_ = true;
  return memory_.is_exceeded() || out_of_time_;
}

void Runner::describe(v8::Local<v8::Context> context, v8::TryCatch& caught, CallResult& result) {
  if (caught.HasTerminated() || caught.Exception().IsEmpty() || is_over()) {
    result.failure = Failure{};  // `end` says why
    return;
  }
  result.failure = describe_thrown(isolate_, context, caught.Exception(), caught.Message());
}

/// Runs what the call left for later until its promise is settled, and puts the value in its place.
bool Runner::settle(Realm& realm, v8::Local<v8::Value>& value, CallResult& result) {
  const auto context = realm.context();
  v8::TryCatch caught(isolate_);
  v8::Local<v8::Promise> promise;
  if (!as_promise(context, value).To(&promise)) {
    describe(context, caught, result);
    return false;
  }
  for (;;) {
    realm.microtasks().PerformCheckpoint(isolate_);
    if (is_over()) {
      result.failure = Failure{};
      return false;
    }
    if (promise.IsEmpty()) return true;
    if (promise->State() != v8::Promise::kPending) break;
    if (!wait_for_timer(realm, result)) return false;
  }
  value = promise->Result();
  if (promise->State() == v8::Promise::kFulfilled) return true;
  result.failure = describe_thrown(isolate_, context, value, {});
  return false;
}

/// The promise behind a returned value: itself, or one that follows an object with a `then`. An
/// empty handle for a plain value; nothing when looking for `then` threw.
v8::Maybe<v8::Local<v8::Promise>> Runner::as_promise(v8::Local<v8::Context> context,
                                                     v8::Local<v8::Value> value) {
  if (value->IsPromise()) return v8::Just(value.As<v8::Promise>());
  if (!value->IsObject()) return v8::Just(v8::Local<v8::Promise>());
  v8::Local<v8::Value> then;
  if (!value.As<v8::Object>()->Get(context, literal(isolate_, "then")).ToLocal(&then)) {
    return v8::Nothing<v8::Local<v8::Promise>>();
  }
  if (!then->IsFunction()) return v8::Just(v8::Local<v8::Promise>());
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver) ||
      resolver->Resolve(context, value).IsNothing()) {
    return v8::Nothing<v8::Local<v8::Promise>>();
  }
  return v8::Just(resolver->GetPromise());
}

bool Runner::wait_for_timer(Realm& realm, CallResult& result) {
  const double wait_ms = realm.next_timer();
  if (wait_ms < 0) {
    fail(result, ErrorCode::function_never_settled,
         "the function returned a promise that nothing can settle any more");
    return false;
  }
  const auto asked = static_cast<Nanos>(wait_ms * static_cast<double>(nanos_per_ms));
  watchdog_->see();
  const Nanos left = std::max<Nanos>(watchdog_->left(), 0);
  if (asked > 0) wait(std::min(asked, left));
  if (asked >= left) out_of_time_ = true;
  v8::TryCatch caught(isolate_);
  if (!is_over() && !realm.fire_timer().IsEmpty()) return true;
  describe(realm.context(), caught, result);
  return false;
}

void Runner::wait(Nanos time) {
  const Nanos wake = monotonic_now() + time;
  if (time >= told_wait_min) {
    outbox_.add([&](std::string& out) {
      FrameWriter(out, FrameKind::waiting).number(static_cast<std::uint32_t>(time / nanos_per_ms));
    });
  }
  outbox_.flush();  // earlier replies must not wait for this sleep
  const timespec until{wake / 1'000'000'000, wake % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
  waited_ += time;
  watchdog_->charge(time);
}

void Runner::serialize(v8::Local<v8::Context> context, v8::Local<v8::Value> value,
                       const Source& source, CallResult& result) {
  if (value->IsUndefined()) {
    result.text = "null";
    return;
  }
  if (value->IsFunction() || value->IsSymbol()) {
    return fail(result, ErrorCode::function_output,
                std::string("the result is a ") + (value->IsSymbol() ? "symbol" : "function") +
                    ", which cannot be written as JSON");
  }
  v8::TryCatch caught(isolate_);
  v8::Local<v8::String> text;
  if (!v8::JSON::Stringify(context, value).ToLocal(&text)) {
    describe(context, caught, result);
    if (is_refusal_of_json(result.failure->message)) {
      result.failure->code = ErrorCode::function_output;
      result.failure->message = "the result cannot be written as JSON: " + result.failure->message;
    }
    return;
  }
  if (static_cast<std::size_t>(text->Utf8Length(isolate_)) > source.output_bytes_max) {
    return fail(result, ErrorCode::function_output,
                "the result is larger than " + std::to_string(source.output_bytes_max) + " bytes");
  }
  append_text(isolate_, text, result.text, source.output_bytes_max);
  // Stringify escapes half a character (of a slice, for instance); strict parsers refuse it.
  replace_lone_surrogates(result.text);
  // What Stringify gives for a toJSON that returns undefined; never valid JSON otherwise.
  if (result.text == "undefined") result.text = "null";
}

void Runner::rest() {
  while (v8::platform::PumpMessageLoop(&engine_.platform(), isolate_)) {
  }
  // What earlier calls left must not end a call that uses little itself: half of the limit stays
  // free. Garbage goes first, then the contexts.
  const auto is_crowded = [this] { return memory_.used() > crowded_bytes_; };
  if (!is_crowded()) return;
  isolate_->LowMemoryNotification();
  if (!is_crowded()) return;
  while (!recent_.empty()) drop_realm(*recent_.back());
  isolate_->LowMemoryNotification();
}

/// Promises that failed and that nobody waited for: the author would not hear of them.
void Runner::tell_failures(v8::Local<v8::Context> context, v8::Local<v8::Value> returned) {
  const v8::TryCatch ignored(isolate_);
  unawaited_.each(isolate_, returned, [&](v8::Local<v8::Value> reason) {
    write({level_error, "a promise that nobody awaited failed: " +
                            describe_thrown(isolate_, context, reason, {}).message});
  });
  if (unawaited_.left_out() > 0) {
    write({level_error,
           std::to_string(unawaited_.left_out()) + " more promises that nobody awaited failed"});
  }
}

void Runner::tell_lossy_numbers(std::string_view parameters) {
  for (const LossyNumber& number : find_lossy_numbers(parameters, lossy_numbers_told_max)) {
    write({level_warn, "the parameters hold the number " + std::string(number.text) +
                           ", which JavaScript rounds to " + number.becomes +
                           "; pass it as text to keep it"});
  }
}

void Runner::write(unsigned level, v8::Local<v8::String> text) {
  if (console_cut_) return;
  // Not even the text is made of a line that is too large.
  const auto size = static_cast<std::size_t>(text->Utf8Length(isolate_));
  const std::size_t room = limits::console_bytes_max - console_bytes_;
  if (size > room) return cut_console();
  ConsoleEntry entry{static_cast<std::uint8_t>(std::min(level, 4U)), {}};
  append_text(isolate_, text, entry.text, room);
  write(std::move(entry));
}

void Runner::write(ConsoleEntry entry) {
  if (console_cut_) return;
  const std::size_t room = limits::console_bytes_max - console_bytes_;
  if (console_.size() == limits::console_lines_max || entry.text.size() > room) {
    return cut_console();
  }
  console_bytes_ += entry.text.size();
  console_.push_back(std::move(entry));
}

void Runner::cut_console() {
  console_cut_ = true;
  console_.push_back({level_warn, "console output is truncated here: at most " +
                                      std::to_string(limits::console_lines_max) + " lines and " +
                                      std::to_string(limits::console_bytes_max >> 20) +
                                      " MB are kept"});
}

}  // namespace millrace::worker
