#pragma once
// Client threads that trigger the load's workflows without pause while the server dies and comes
// back. What they were promised is collected here.

#include "tests/crash/crashing_server.h"
#include "tests/crash/load_workflows.h"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::tests {

class LoadClients {
 public:
  LoadClients(CrashingServer& server, const TestProject& project, std::size_t clients,
              std::uint64_t seed);
  ~LoadClients() { stop(); }
  LoadClients(const LoadClients&) = delete;
  LoadClients& operator=(const LoadClients&) = delete;

  /// Ends when each client has its last answer, or knows that none will come.
  void stop();

  /// After `stop`.
  const std::vector<AcknowledgedRun>& acknowledged() const { return acknowledged_; }
  /// Runs that a client saw ended: the history entry as it was then.
  const std::map<std::string, std::string>& seen_ended() const { return seen_ended_; }
  /// Answers that are neither a promise nor an honest refusal.
  const std::vector<std::string>& surprises() const { return surprises_; }

 private:
  void work(std::uint64_t seed);
  void take(const Answer& answer, const std::string& workflow, std::int64_t number);
  /// Looks at a run that was acknowledged a while ago.
  void look_back(std::uint64_t chance);

  CrashingServer& server_;
  const TestProject& project_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::int64_t> next_number_{1};
  std::mutex mutex_;
  std::vector<AcknowledgedRun> acknowledged_;
  std::map<std::string, std::string> seen_ended_;
  std::vector<std::string> surprises_;
  std::vector<std::thread> threads_;
};

}  // namespace millrace::tests
