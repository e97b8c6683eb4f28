#pragma once
// A place in a log whose entries are known by their time and a random number: where a page ends and the next begins.

#include "runtime/base/clock.h"

#include <cstdint>

namespace millrace {

struct LogPlace {
  Instant at{};
  std::uint64_t number = 0;
};

}  // namespace millrace
