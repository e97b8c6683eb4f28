#include "actors/functions/worker/service.h"

#include "actors/functions/frame.h"
#include "actors/functions/worker/outbox.h"
#include "actors/functions/worker/runner.h"

#include <unistd.h>
#include <utility>

namespace millrace::worker {
namespace {

// A worker for a limit of 128 MB stays below 512 MB: heap, slack, buffers, and JSON text that is
// being parsed or written.
constexpr std::uint64_t data_bytes(std::uint64_t memory_bytes_max) {
  return memory_bytes_max * 2 + (256u << 20);
}

void announce(Outbox& outbox, FrameKind kind) {
  outbox.add([&](std::string& out) {
    FrameWriter(out, kind).number(static_cast<std::int32_t>(::getpid()));
  });
  outbox.flush();
}

Source read_source(FrameReader& reader) {
  Source source;
  source.id = reader.number<std::uint32_t>();
  source.fresh_context = reader.number<std::uint8_t>() != 0;
  source.time_max = static_cast<Nanos>(reader.number<std::uint32_t>()) * nanos_per_ms;
  source.memory_bytes_max = reader.number<std::uint64_t>();
  source.output_bytes_max = reader.number<std::uint64_t>();
  source.code = reader.text();
  return source;
}

void write_reply(std::string& out, std::uint64_t call, const CallResult& result) {
  FrameWriter writer(out, FrameKind::reply);
  const auto code = result.failure ? static_cast<std::uint16_t>(result.failure->code) : 0;
  writer.number(call)
      .number(static_cast<std::uint16_t>(code))
      .number(static_cast<std::uint32_t>(result.duration / 1000))
      .text(result.failure ? result.failure->message : result.text);
  writer.number(static_cast<std::uint32_t>(result.failure ? result.failure->stack.size() : 0));
  if (result.failure) {
    for (const auto& frame : result.failure->stack) writer.text(frame);
  }
  writer.number(static_cast<std::uint32_t>(result.console.size()));
  for (const auto& line : result.console) writer.number(line.level).text(line.text);
}

class Service {
 public:
  Service(Runner& runner, Outbox& outbox, WorkerProgress& progress)
      : runner_(runner), outbox_(outbox), progress_(progress) {}

  [[noreturn]] void run() {
    for (;;) {
      while (const auto frame = input_.next()) {
        handle(*frame);
        outbox_.flush_older_than(nanos_per_ms);
      }
      // Answers first: what follows may take a while.
      outbox_.flush();
      input_.shrink();
      runner_.rest();
      if (input_.broken() || input_.receive(worker_socket) != FrameBuffer::Input::more) ::_exit(0);
    }
  }

 private:
  void handle(std::string_view frame) {
    FrameReader reader(frame);
    switch (reader.kind()) {
      case FrameKind::source:
        return runner_.add(read_source(reader));
      case FrameKind::forget:
        return runner_.forget(reader.number<std::uint32_t>());
      case FrameKind::call: {
        const auto call = reader.number<std::uint64_t>();
        const auto source = reader.number<std::uint32_t>();
        const std::string_view parameters = reader.text();
        return answer(call, [&] { return runner_.run(source, parameters); });
      }
      case FrameKind::check: {
        const auto call = reader.number<std::uint64_t>();
        return answer(call, [&] { return runner_.check(std::string(reader.text())); });
      }
      default:
        ::_exit(0);  // the pool of another version, or a bug: nothing to serve
    }
  }

  template <class Work>
  void answer(std::uint64_t call, Work work) {
    progress_.running_call.store(call, std::memory_order_release);
    const CallResult result = work();
    outbox_.add([&](std::string& out) { write_reply(out, call, result); });
    progress_.running_call.store(0, std::memory_order_release);
  }

  Runner& runner_;
  Outbox& outbox_;
  WorkerProgress& progress_;
  FrameBuffer input_;
};

}  // namespace

void serve(Engine& engine, const Lockdown& lockdown, v8::StartupData& snapshot,
           const WorkerSettings& settings, WorkerProgress& progress) {
  Outbox outbox(worker_socket);
  announce(outbox, FrameKind::started);
  if (!lockdown.limit(data_bytes(settings.memory_bytes_max))) ::_exit(exit_code_not_started);
  Runner runner(engine, outbox, progress.starved,
                {settings.contexts_max, settings.memory_bytes_max, &snapshot});
  if (!lockdown.seal()) ::_exit(exit_code_not_started);
  announce(outbox, FrameKind::ready);
  Service(runner, outbox, progress).run();
}

}  // namespace millrace::worker
