#include "actors/functions/worker/zygote.h"

#include "actors/functions/worker/service.h"
#include "actors/functions/worker_contract.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace millrace::worker {
namespace {

struct Order {
  WorkerSettings settings;
  int socket = -1;
  int progress = -1;
};

/// False: the pool is gone.
bool receive_order(Order& order) {
  iovec data{&order.settings, sizeof order.settings};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = ::recvmsg(worker_socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (size != sizeof order.settings || header == nullptr ||
      header->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
    return false;
  }
  int descriptors[2];
  std::memcpy(descriptors, CMSG_DATA(header), sizeof descriptors);
  order.socket = descriptors[0];
  order.progress = descriptors[1];
  return true;
}

[[noreturn]] void become_worker(Engine& engine, const Lockdown& lockdown, v8::StartupData& snapshot,
                                const Order& order) {
  // With the thread of the pool that started the zygote goes everything.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "millrace-fn");
  if (::dup2(order.socket, worker_socket) < 0) ::_exit(exit_code_not_started);
  void* const page = ::mmap(nullptr, sizeof(WorkerProgress), PROT_READ | PROT_WRITE, MAP_SHARED,
                            order.progress, 0);
  if (page == MAP_FAILED) ::_exit(exit_code_not_started);
  ::syscall(SYS_close_range, worker_socket + 1, ~0U, 0U);
  serve(engine, lockdown, snapshot, order.settings, *static_cast<WorkerProgress*>(page));
}

}  // namespace

void run_zygote(Engine& engine, const Lockdown& lockdown, v8::StartupData& snapshot) {
  Order order;
  while (receive_order(order)) {
    // Not fork(2): glibc offers no way to make the child a sibling.
    const long child = ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) become_worker(engine, lockdown, snapshot, order);
    // After a failed fork the pool sees its socket closed and tries again later.
    ::close(order.socket);
    ::close(order.progress);
  }
}

}  // namespace millrace::worker
