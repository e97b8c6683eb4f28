#pragma once
// Runs project tests one after the other: each as Test Workflow would, with the test's own tenant and
// peers. One thread.

#include "http/cli/project_folder.h"
#include "http/server/project_tests/expectation.h"
#include "http/server/project_tests/project_test.h"
#include "runtime/definitions/found_by.h"
#include "runtime/functions/function_engine.h"

#include <memory>
#include <optional>

namespace millrace {

struct TestVerdict {
  std::optional<Error> error;  // set: the test could not run
  std::vector<Difference> differences;
  std::vector<std::string> failed_steps;  // with their messages
  bool has_passed() const { return !error && differences.empty(); }
};

class ProjectTester {
 public:
  /// The folder's definitions are valid. `functions` outlives this.
  ProjectTester(const ProjectFolder& folder, FunctionEngine& functions);
  ~ProjectTester();

  TestVerdict run(const ProjectTest& test);

 private:
  class Node;
  /// What the trigger puts out for the test's request, or by itself.
  Json own_output(const ProjectTest& test, const Json& definition, const FoundBy& found) const;

  const ProjectFolder& folder_;
  std::unique_ptr<Node> node_;
};

}  // namespace millrace
