#include "actors/functions/worker_death.h"

#include "actors/functions/worker_contract.h"

#include <csignal>
#include <string>
#include <sys/wait.h>

namespace millrace {

Error describe_worker_death(int wait_status) {
  if (WIFEXITED(wait_status)) {
    const int code = WEXITSTATUS(wait_status);
    if (code == exit_code_out_of_memory) {
      return Error(ErrorCode::function_memory, "the function used up the memory of its worker");
    }
    return Error(ErrorCode::function_worker_died,
                 "the worker ended with code " + std::to_string(code) + " during the call");
  }
  const int signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
  switch (signal) {
    // V8 traps when something outgrows what it can hold, however much memory there is.
    case SIGTRAP:
    case SIGILL:
    case SIGABRT:
      return Error(ErrorCode::function_memory,
                   "the function asked for a string, array or table that is too large");
    case SIGSYS:
      return Error(ErrorCode::function_worker_died,
                   "the worker was ended because it tried to leave its sandbox");
    default:
      return Error(ErrorCode::function_worker_died,
                   "the worker was ended by signal " + std::to_string(signal) + " during the call");
  }
}

}  // namespace millrace
