#include "actors/functions/worker/lockdown.h"

#include "actors/functions/worker_contract.h"

#include <seccomp.h>

#include <cerrno>
#include <csignal>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace millrace::worker {
namespace {

// What V8, malloc and the watchdog's thread use. No open, socket, clone, execve, kill, ptrace.
constexpr int allowed[] = {SCMP_SYS(mmap),
                           SCMP_SYS(munmap),
                           SCMP_SYS(mprotect),
                           SCMP_SYS(madvise),
                           SCMP_SYS(mremap),
                           SCMP_SYS(brk),
                           SCMP_SYS(futex),
                           SCMP_SYS(exit),
                           SCMP_SYS(exit_group),
                           SCMP_SYS(rt_sigreturn),
                           SCMP_SYS(rt_sigprocmask),
                           SCMP_SYS(sched_yield),
                           SCMP_SYS(clock_gettime),
                           SCMP_SYS(clock_nanosleep),
                           SCMP_SYS(nanosleep),
                           SCMP_SYS(gettimeofday),
                           SCMP_SYS(getrandom),
                           SCMP_SYS(gettid),
                           SCMP_SYS(getpid),
                           SCMP_SYS(restart_syscall),
                           SCMP_SYS(getrusage),
                           SCMP_SYS(rseq),
                           SCMP_SYS(set_robust_list),
                           SCMP_SYS(sched_getaffinity)};

// Libraries try these and live with a refusal (time zones, locale, isatty of a log).
constexpr int refused[] = {SCMP_SYS(openat), SCMP_SYS(open),     SCMP_SYS(newfstatat),
                           SCMP_SYS(access), SCMP_SYS(readlink), SCMP_SYS(ioctl),
                           SCMP_SYS(fstat),  SCMP_SYS(close),    SCMP_SYS(lseek)};

bool set_limit(int resource, std::uint64_t value) {
  const rlimit limit{value, value};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0;
}

/// A ruleset that handles every access and allows none. Kernels without Landlock have seccomp only.
void forbid_all_paths() {
#ifdef SYS_landlock_create_ruleset
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // all of the first ABI
  const long rules =
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, std::uint32_t{0});
  if (rules < 0) return;
  ::syscall(SYS_landlock_restrict_self, rules, std::uint32_t{0});
  ::close(static_cast<int>(rules));
#endif
}

}  // namespace

Lockdown::Lockdown() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return;
  // Without TSYNC only the calling thread would be filtered, not the watchdog's.
  bool good = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
  for (const int call : allowed)
    good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0 && good;
  for (const int call : refused) {
    good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0 && good;
  }
  const auto descriptor = [](int number) {
    return scmp_arg_cmp{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(number), 0};
  };
  const auto allow_on = [&](int call, int number) {
    const scmp_arg_cmp only = descriptor(number);
    good = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &only) == 0 && good;
  };
  allow_on(SCMP_SYS(read), worker_socket);
  allow_on(SCMP_SYS(write), worker_socket);
  allow_on(SCMP_SYS(write), STDERR_FILENO);
  if (good) {
    filter_ = filter;
  } else {
    seccomp_release(filter);
  }
}

Lockdown::~Lockdown() {
  if (filter_ != nullptr) seccomp_release(filter_);
}

bool Lockdown::limit(std::uint64_t data_bytes_max) const {
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  const bool good = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && set_limit(RLIMIT_CORE, 0) &&
                    set_limit(RLIMIT_DATA, data_bytes_max) && set_limit(RLIMIT_FSIZE, 0);
  forbid_all_paths();
  return good;
}

bool Lockdown::seal() const {
  // Only now: a limit of 0 processes would also forbid the watchdog's thread.
  return filter_ != nullptr && set_limit(RLIMIT_NPROC, 0) && set_limit(RLIMIT_NOFILE, 0) &&
         seccomp_load(filter_) == 0;
}

}  // namespace millrace::worker
