#pragma once
// One worker: reads frames from the pool, runs them in order, writes replies. Ends when the pool
// closes the socket, and never returns.

#include "actors/functions/worker/engine.h"
#include "actors/functions/worker/lockdown.h"
#include "actors/functions/worker_contract.h"

namespace millrace::worker {

/// The process is a fresh fork of the zygote, its socket is `worker_socket`. Makes the isolate,
/// locks the process down and serves.
[[noreturn]] void serve(Engine& engine, const Lockdown& lockdown, v8::StartupData& snapshot,
                        const WorkerSettings& settings, WorkerProgress& progress);

}  // namespace millrace::worker
