#pragma once
// Trying again until a deadline, with a pause in between: PostgreSQL says to nobody when it is back.

#include "runtime/base/clock.h"

namespace millrace::storage {

class Attempts {
 public:
  explicit Attempts(Moment deadline) : deadline_(deadline) {}
  /// Waits for a moment; false, at once, if there is no time for another attempt.
  bool wait_for_next() const;

 private:
  const Moment deadline_;
};

}  // namespace millrace::storage
