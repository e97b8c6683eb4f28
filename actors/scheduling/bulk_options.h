#pragma once
// How bulk jobs are walked. Constants that tune; tests make them small.

#include "runtime/base/clock.h"

#include <cstddef>

namespace millrace {

struct BulkOptions {
  /// One: jobs take turns, part by part, and all of them together leave the rest of the node its share.
  std::size_t threads = 1;
  /// Jobs that are served at once. Beyond: their rows are fired again later.
  std::size_t held_max = 10'000;
  /// Executions of one part, which is one commit; a part ends earlier when its rows are that large.
  std::size_t part = 100;
  std::size_t part_bytes_max = 4u << 20;
  /// History rows that one part of a filter looks at.
  std::size_t rows_per_part = 10'000;
  /// Between the parts of one job: with `part`, at most 1,000 executions a second.
  Millis pause{100};
  /// After what could not be read or stored.
  Millis retry_pause{1'000};
  /// How long the cancels of one part may take to be confirmed.
  Millis cancel_patience{30'000};
};

}  // namespace millrace
