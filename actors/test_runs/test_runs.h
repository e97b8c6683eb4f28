#pragma once
// Test Workflow and Test Step (docs/steps.md): a draft, run to its end for the preview user, by the
// same machine and the same actors as live runs, in a memory store of its own. So nothing of it can
// appear in the live history, and nothing is left when the report is given but samples of what steps gave
// (test_outputs.h).
//
// In a test run no step is tried again, delays do not wait, and paginated requests fetch three pages.
// The report shows arrays, and the elements of fan-outs, up to 20. Thread-safe; blocks: for request
// threads only.

#include "actors/runs/run_files.h"
#include "actors/tenants/tenant_view.h"
#include "actors/tenants/workflow_library.h"
#include "actors/test_runs/test_outputs.h"
#include "runtime/base/limits.h"
#include "runtime/base/log.h"
#include "runtime/base/random.h"
#include "runtime/execution/execution_summary.h"
#include "runtime/history/step_execution.h"
#include "runtime/outbound/http_caller.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct TestRequest {
  ProjectId project;
  UserId user;  // the preview user
  WorkflowId workflow;
  Json definition;
  Json trigger;  // the trigger's output, files as handles
  /// Somebody gave it, so it is refused where the trigger would refuse it.
  bool is_trigger_given = true;
  RunFiles files;
  std::string credential;  // empty: the user's first
  /// Set: only this step is run, and `outputs` stands for what ran before it: {"<stepId>": output}. For
  /// a step inside a fan-out, the fan-out's output is {"instance": ..., "index": 0}.
  std::string step;
  JsonObject outputs;
  /// Of arrays and of the elements of fan-outs, in the report.
  std::size_t items_shown_max = limits::test_array_items_max;
};

struct TestReport {
  ExecutionId execution;
  ExecutionStatus status = ExecutionStatus::executing;
  std::optional<Error> error;  // set when it failed
  StepId failed_step;
  std::vector<StepDetail> steps;
};

struct TestRunsOptions {
  std::size_t runs_max = limits::test_runs_max;
  std::size_t runs_per_project_max = limits::test_runs_per_project_max;
  Millis time_max = limits::test_run_time_max;
};

class TestRuns {
 public:
  struct Dependencies {
    Clock& clock;
    Random& random;
    FunctionEngine& functions;
    HttpCaller& http;
    const Tenants& tenants;
    WorkflowLibrary::Integrations integrations;
    LogSink log;
  };
  TestRuns(Dependencies dependencies, TestRunsOptions options);
  /// Gives up what still runs.
  ~TestRuns();

  /// Errors: invalid_definition with all findings, not_found (no such step), invalid_request (also what
  /// the trigger's validations refuse, with each violation), overloaded, step_timeout. A run that fails is a report,
  /// not an error.
  Result<TestReport> run(const TestRequest& request);

  /// Of the runs until now.
  TestOutputs& outputs() { return outputs_; }

 private:
  class Node;
  /// Made by the first test run: most servers never see one.
  Node& node();

  const Dependencies dependencies_;
  const TestRunsOptions options_;
  std::once_flag is_made_;
  std::unique_ptr<Node> node_;
  TestOutputs outputs_;
};

}  // namespace millrace
