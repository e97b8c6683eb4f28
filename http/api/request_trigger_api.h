#pragma once
// The Request trigger: a user of the project's application starts a workflow and, when it has a
// Response step, waits for its answer.
//
// The caller uses the method that the trigger names, POST if it names none. A public workflow is also
// called by its endpoint's URL, without a token. Every answer of a run carries `Millrace-Execution-Id`.
//
//   durable, nobody to wait for      202 {"executionId","workflowId","status","dateSubmitted"}
//   a Response step ran              its status, headers and body
//   the run failed first             500 {"message","executionId","stepId","error"}
//   no Response step within 55 s     542
//   {"message","dateSubmitted","projectId","workflowId","executionId"}

#include "actors/gateway/gateway.h"
#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup request_trigger_routes;

/// POST (GET, PUT, PATCH, DELETE) /projects/{project}/sdk/triggers/{workflow}
Result<Reply> trigger_workflow(const ApiCall& call, ApiServices& services);
/// The same methods on /projects/{project}/endpoints/{workflow}/{key}: not_found unless the workflow is
/// deployed, public, and `key` is its endpoint's.
Result<Reply> trigger_endpoint(const ApiCall& call, ApiServices& services);

/// The path of the endpoint with that key.
std::string endpoint_path(const ProjectId& project, const WorkflowId& workflow,
                          const std::string& key);

/// A Response step's answer as it goes over the wire: a string body is text, any other value JSON,
/// and null no body at all; a content-type header of the step wins; headers that must not be set
/// are dropped.
Reply reply_of(const RunResponded& responded);

}  // namespace millrace
