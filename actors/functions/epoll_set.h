#pragma once
// The descriptors that the I/O thread waits for.

#include "actors/functions/descriptor.h"

#include <array>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace millrace {

class EpollSet {
 public:
  enum class Until : std::uint8_t { readable, readable_or_writable };

  EpollSet();

  void add(int descriptor);
  void watch(int descriptor, Until until);
  /// Before it is closed.
  void remove(int descriptor);
  /// Those that something happened to, after at most `wait_ms` (-1: however long it takes). Valid
  /// until the next call.
  std::span<const epoll_event> wait(int wait_ms);

 private:
  void control(int operation, int descriptor, std::uint32_t events) const;

  Descriptor epoll_;
  std::array<epoll_event, 64> events_{};
};

}  // namespace millrace
