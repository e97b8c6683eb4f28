#pragma once
// The zygote: has V8 started and the snapshot in memory, but no isolate (V8 marks the pages of an
// isolate so that they do not survive a fork), and forks a worker for each order of the pool. It
// runs no user code and has one thread.
//
// Workers become children of the pool's process, not of the zygote (CLONE_PARENT): the pool can
// wait for exactly the process it killed, and workers outlive a zygote that died.

#include "actors/functions/worker/engine.h"
#include "actors/functions/worker/lockdown.h"

namespace millrace::worker {

/// Serves orders from the control socket, which is `worker_socket`. Returns when the pool closed
/// it.
void run_zygote(Engine& engine, const Lockdown& lockdown, v8::StartupData& snapshot);

}  // namespace millrace::worker
