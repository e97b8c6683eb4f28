#pragma once
// A line in the log for each run that failed: which one, where and with which code. Messages of errors
// are left out, because they may quote users' data. A flood of failures must not become a flood of
// lines: of a window only the first ones are written, and the next line says how many are missing.
//
// Told on the commit thread; the sink must not block (see server/serve_command.cpp).

#include "actors/observation/run_observer.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"

#include <cstddef>
#include <cstdint>

namespace millrace {

struct FailedRunLogOptions {
  std::size_t lines_max = 20;  // in a window
  Millis window{10'000};
};

class FailedRunLog final : public RunObserver {
 public:
  FailedRunLog(const Clock& clock, LogSink log, FailedRunLogOptions options = {});

  void durable(const DurableEvents& durable) override;

 private:
  bool may_write();
  void write(const DurableEvents& durable, const ObservedEvent& end);

  const Clock& clock_;
  const LogSink log_;
  const FailedRunLogOptions options_;
  Moment window_end_{};
  std::size_t lines_ = 0;       // in the window
  std::uint64_t left_out_ = 0;  // since the last line
};

}  // namespace millrace
