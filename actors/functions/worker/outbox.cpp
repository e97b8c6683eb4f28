#include "actors/functions/worker/outbox.h"

#include <cerrno>
#include <unistd.h>

namespace millrace::worker {

void Outbox::flush() {
  const std::lock_guard lock(mutex_);
  flush_locked();
}

bool Outbox::flush_older_than(Nanos age) {
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) return true;
  if (monotonic_now() - oldest_ < age) return false;
  flush_locked();
  return true;
}

void Outbox::flush_locked() {
  std::size_t sent = 0;
  while (sent < pending_.size()) {
    const ssize_t size = ::write(socket_, pending_.data() + sent, pending_.size() - sent);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) ::_exit(0);  // the pool is gone; nobody wants the rest
    sent += static_cast<std::size_t>(size);
  }
  count_ = 0;
  // A reply of many megabytes must not count against the memory limit of later calls.
  if (pending_.capacity() > 4 * batch_bytes) {
    std::string().swap(pending_);
  } else {
    pending_.clear();
  }
}

}  // namespace millrace::worker
