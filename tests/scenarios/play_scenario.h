#pragma once
// Plays one scenario on the simulated run. What it finds wrong is text for a person: the line of
// the file, and the difference.

#include "runtime/integrations/integration_set.h"
#include "tests/scenarios/scenario_file.h"
#include "tests/support/simulated_run.h"

#include <memory>
#include <string>

namespace millrace {

class ScenarioPlayer {
 public:
  /// `options.jitter` is the scenario's to say.
  ScenarioPlayer(const Scenario& scenario, SimulatedRun::Options options);

  /// Error: the first expectation that does not hold, or a line that cannot be understood.
  Outcome play();
  /// The run after `play`; null if it did not get so far.
  const SimulatedRun* run() const { return run_.get(); }

 private:
  Outcome put_integrations();
  Outcome compile();
  Outcome given(const std::string& text);
  Outcome given_step(const std::string& step, const std::string& rule);
  Outcome when(const std::string& text);
  Outcome then(const ScenarioLine& line);
  Outcome start(RunStart start);
  Outcome compare(const std::vector<std::string>& expected,
                  const std::vector<std::string>& got) const;
  std::vector<std::string> listing(const BranchPath& path) const;
  Result<BranchPath> path_named(const std::string& text) const;
  std::string answer_text() const;
  std::string with_files(const Json& value) const;
  std::string shown(Json value) const;
  std::vector<Event> shown_events(const BranchPath& path) const;
  FileBytes shown_files() const;
  std::string input_text(const std::string& step) const;
  Outcome then_request(std::size_t number, const std::string& step, const std::string& what) const;

  const Scenario& scenario_;
  SimulatedRun::Options options_;
  std::shared_ptr<const Workflow> workflow_;
  IntegrationSet integrations_;
  SimulatedWorld world_;
  std::vector<std::string> slow_steps_;
  RunStart start_;
  std::unique_ptr<SimulatedRun> run_;
};

}  // namespace millrace
