#pragma once
// Plays a worker that was taken over: locks the process down as a worker is, then tries one thing
// that the sandbox must stop. For tests of the sandbox only; no user input leads here.

#include "actors/functions/worker/lockdown.h"

namespace millrace::worker {

/// Exit code 0: refused. 1: it worked, the sandbox has a hole. 2: unknown name, or no sandbox.
/// The usual end is SIGSYS.
int attempt(const Lockdown& lockdown, const char* what);

}  // namespace millrace::worker
