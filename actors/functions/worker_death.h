#pragma once
// How a worker's end is explained to the user whose call was running.

#include "runtime/base/error.h"

namespace millrace {

/// `wait_status` as waitpid(2) gives it.
Error describe_worker_death(int wait_status);

}  // namespace millrace
