#pragma once
// Trying a draft out (Test Workflow and Test Step, docs/steps.md):
//
//   POST /projects/{p}/workflows/{w}/test
//        {"userId": "ada", "request": {"headers": {}, "params": {}, "body": {}}, "credentialId": "..."}
//   POST /projects/{p}/workflows/{w}/steps/{step}/test
//        the same, and "outputs": {"<stepId>": output} for what the step refers to
//
// All members are optional; without `userId` it is the project's `previewUserId`, and without a request the
// workflow's test data is taken (test_data_api.h). Answered 200 when the run has
// ended, whether it succeeded or failed:
//
//   {"status", "error": null | {"stepId", "code", "message"}, "steps": [{"id", "stepId", "status", "type",
//    "start", "end", "input", "output", "console"}]}

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup test_run_routes;

Result<Reply> test_workflow(const ApiCall& call, ApiServices& services);
Result<Reply> test_step(const ApiCall& call, ApiServices& services);
/// GET …/test-outputs : `{"outputs":{"<stepId>":{"output","isCut","at"}}}`, for editors to offer.
Result<Reply> show_test_outputs(const ApiCall& call, ApiServices& services);

}  // namespace millrace
