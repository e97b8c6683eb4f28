// millrace-function-worker: the zygote that the pool starts, from which workers are forked.
// `--attempt <what>` locks a process down and tries something forbidden; the tests use it.

#include "actors/functions/worker/attempt.h"
#include "actors/functions/worker/engine.h"
#include "actors/functions/worker/lockdown.h"
#include "actors/functions/worker/zygote.h"
#include "actors/functions/worker_contract.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

/// The snapshot lies beside the binary.
std::string read_snapshot() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return {};
  const std::string binary(path, static_cast<std::size_t>(size));
  std::ifstream file(binary.substr(0, binary.rfind('/') + 1) + "functions.blob", std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

}  // namespace

int main(int argument_count, char** arguments) {
  // Dates of user code are UTC on every machine. Read once, before the sandbox.
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const millrace::worker::Lockdown lockdown;
  if (argument_count == 3 && std::string(arguments[1]) == "--attempt") {
    return millrace::worker::attempt(lockdown, arguments[2]);
  }
  // Nothing of the server may be inherited, whatever it forgot to mark close-on-exec.
  ::syscall(SYS_close_range, millrace::worker_socket + 1, ~0U, 0U);
  const std::string blob = read_snapshot();
  if (blob.empty()) {
    std::fprintf(stderr, "functions.blob is missing beside the worker's binary\n");
    return millrace::exit_code_not_started;
  }
  v8::StartupData snapshot{blob.data(), static_cast<int>(blob.size())};
  millrace::worker::Engine engine(arguments[0]);
  millrace::worker::run_zygote(engine, lockdown, snapshot);
  return 0;
}
