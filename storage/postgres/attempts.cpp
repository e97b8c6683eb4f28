#include "storage/postgres/attempts.h"

#include <poll.h>

namespace millrace::storage {
namespace {

constexpr Millis pause_between{50};

}  // namespace

bool Attempts::wait_for_next() const {
  if (std::chrono::steady_clock::now() + pause_between >= deadline_) return false;
  ::poll(nullptr, 0, static_cast<int>(pause_between.count()));
  return true;
}

}  // namespace millrace::storage
