#include "actors/functions/epoll_set.h"

#include "runtime/base/check.h"

#include <algorithm>

namespace millrace {

EpollSet::EpollSet() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  CHECK(epoll_.is_open(), "no epoll descriptor");
}

void EpollSet::add(int descriptor) { control(EPOLL_CTL_ADD, descriptor, EPOLLIN); }

void EpollSet::watch(int descriptor, Until until) {
  control(EPOLL_CTL_MOD, descriptor, until == Until::readable ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void EpollSet::remove(int descriptor) { control(EPOLL_CTL_DEL, descriptor, 0); }

std::span<const epoll_event> EpollSet::wait(int wait_ms) {
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), wait_ms);
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

void EpollSet::control(int operation, int descriptor, std::uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  const int result = ::epoll_ctl(epoll_.get(), operation, descriptor, &event);
  CHECK(result == 0 || operation == EPOLL_CTL_DEL, "epoll refused a descriptor");
}

}  // namespace millrace
