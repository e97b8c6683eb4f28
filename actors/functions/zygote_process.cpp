#include "actors/functions/zygote_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace millrace {
namespace {

Error not_started(const std::string& what) {
  return Error(ErrorCode::function_worker_died, what + ": " + std::strerror(errno));
}

/// A pair of connected sockets: the pool's end does not block, the other's does.
bool make_pair(int type, Descriptor& ours, Descriptor& theirs) {
  int pair[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) return false;
  ours = Descriptor(pair[0]);
  theirs = Descriptor(pair[1]);
  return ::fcntl(ours.get(), F_SETFL, O_NONBLOCK) == 0;
}

void wait_for(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

ZygoteProcess::~ZygoteProcess() {
  if (pid_ <= 0) return;
  control_.close();
  // The zygote is not reaped yet, so the number of its group cannot mean anybody else.
  ::kill(-pid_, SIGKILL);
  while (::waitpid(-pid_, nullptr, 0) > 0 || errno == EINTR) {
  }
}

Outcome ZygoteProcess::start() {
  Descriptor theirs;
  if (!make_pair(SOCK_SEQPACKET, control_, theirs)) return not_started("no socket for the zygote");
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (error_descriptor_ >= 0) {
    ::posix_spawn_file_actions_adddup2(&files, error_descriptor_, STDERR_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  ::posix_spawn_file_actions_adddup2(&files, theirs.get(), worker_socket);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // A group of its own: a signal from the terminal is for the server alone, and whatever happens,
  // one kill reaches every worker.
  ::posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  char name[] = "millrace-function-worker";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  const int failure =
      ::posix_spawn(&pid_, binary_.c_str(), &files, &attributes, arguments, environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (failure != 0) {
    pid_ = -1;
    control_.close();
    errno = failure;
    return not_started("cannot start " + binary_);
  }
  return Done{};
}

Result<ZygoteProcess::Ordered> ZygoteProcess::order_worker(const WorkerSettings& settings) {
  CHECK(is_running(), "ordered a worker without a zygote");
  Ordered ordered;
  Descriptor theirs;
  ordered.progress = Descriptor(::memfd_create("millrace-function-progress", MFD_CLOEXEC));
  if (!ordered.progress.is_open() ||
      ::ftruncate(ordered.progress.get(), sizeof(WorkerProgress)) != 0 ||
      !make_pair(SOCK_STREAM, ordered.socket, theirs)) {
    return not_started("no descriptors for a worker");
  }
  // Room for a batch of calls; what the kernel does not grant only costs more system calls.
  const int buffer_bytes = 1 << 20;
  for (const int socket : {ordered.socket.get(), theirs.get()}) {
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  }
  WorkerSettings copy = settings;
  iovec data{&copy, sizeof copy};
  alignas(cmsghdr) char space[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int descriptors[] = {theirs.get(), ordered.progress.get()};
  std::memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
  if (::sendmsg(control_.get(), &message, MSG_NOSIGNAL) < 0) {
    return not_started("the zygote does not answer");
  }
  return ordered;
}

void ZygoteProcess::bury() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
  pid_ = -1;
  control_.close();
}

}  // namespace millrace
