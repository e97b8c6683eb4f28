// Every answer of this suite is held to /openapi.json (tests/support/described_answers.h). What does not fit fails
// the run at its end, since it may come from any thread.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "tests/functional/shared_server.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/described_answers.h"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <set>

namespace {

using namespace millrace::tests;

std::mutex mutex;  // guards what follows
std::unique_ptr<const DescribedAnswers> described;
std::set<std::string> findings;
bool is_asking = false;

/// Null while it is being asked for.
const DescribedAnswers* description(std::uint16_t port) {
  {
    const std::lock_guard lock(mutex);
    if (described != nullptr) return described.get();
    if (std::exchange(is_asking, true)) return nullptr;
  }
  const Answer document = call_server(port, {"GET", "/openapi.json"});
  const std::lock_guard lock(mutex);
  is_asking = false;
  if (document.status != 200 || !document.json.is_object()) return nullptr;
  described = std::make_unique<const DescribedAnswers>(document.json);
  return described.get();
}

void check_answer(std::uint16_t port, const Call& call, const Answer& answer) {
  const DescribedAnswers* const known = description(port);
  if (known == nullptr) return;
  for (const std::string& each : known->findings(call, answer)) {
    const std::lock_guard lock(mutex);
    findings.insert(call.method + " " + call.path.substr(0, 100) + " " +
                    std::to_string(answer.status) + ": " + each);
  }
}

class AnswersAreDescribed final : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testRunStarting(const Catch::TestRunInfo&) override { check_answers_by(&check_answer); }
  void testRunEnded(const Catch::TestRunStats&) override {
    const std::lock_guard lock(mutex);
    if (findings.empty()) return;
    std::cerr << findings.size() << " answers are not what /openapi.json says:\n";
    for (const std::string& each : findings) std::cerr << "  " << each << '\n';
    std::cerr.flush();
    // Behind the reporter's own last words.
    std::atexit([] { std::_Exit(EXIT_FAILURE); });
  }
};
CATCH_REGISTER_LISTENER(AnswersAreDescribed)

}  // namespace
