// When a test fails, the end of the server's log is shown beside it.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"

#include <iostream>

namespace {

class ShowLogOfFailures final : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    if (stats.totals.assertions.failed == 0) return;
    std::cerr << "--- the shared server's log ends with:\n"
              << millrace::tests::shared_server().log_end() << std::endl;
  }
};
CATCH_REGISTER_LISTENER(ShowLogOfFailures)

}  // namespace
