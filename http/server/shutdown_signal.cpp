#include "http/server/shutdown_signal.h"

#include "runtime/base/check.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace millrace {
namespace {

// What a signal handler may touch: one descriptor.
int wake_descriptor = -1;

void on_signal(int) {
  const int saved = errno;
  const std::uint64_t one = 1;
  if (::write(wake_descriptor, &one, sizeof one) < 0) ::_exit(1);
  errno = saved;
}

void set_handler(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
}

// A handler and not SIG_IGN, which function workers would inherit.
void on_hangup(int) {}

void set_hangup_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

ShutdownSignal::ShutdownSignal() {
  CHECK(wake_descriptor < 0, "there is one shutdown signal per process");
  wake_descriptor = ::eventfd(0, EFD_CLOEXEC);
  CHECK(wake_descriptor >= 0, "cannot make an event descriptor");
  // Reset after the first: the default action of the second one ends the process.
  set_handler(&on_signal, SA_RESTART | static_cast<int>(SA_RESETHAND));
  set_hangup_handler(&on_hangup);
}

ShutdownSignal::~ShutdownSignal() {
  set_handler(SIG_DFL, 0);
  set_hangup_handler(SIG_DFL);
  ::close(wake_descriptor);
  wake_descriptor = -1;
}

void ShutdownSignal::wait() const {
  std::uint64_t count = 0;
  while (::read(wake_descriptor, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace millrace
