// The request step: an HTTP request to any server, or below an integration's or resource's base URL with its
// credential. What it says of the request: runtime/requests/read_request.h.
//
//   {"id", "type": "request", "method": "POST", "url": "https://...", "bodyType": "json", "body": ...,
//    "timeout": "30s"}
//   {"id", "type": "request", "integration": "crm", "method": "GET", "path": "/contacts"}
//   {"id", "type": "request", "resource": "api", "method": "GET", "path": "/users"}
//
// Output: `response` with `statusCode`, `headers` and `body`; with pagination `results` in place of
// `body`, and `error` when a later page failed; with continueOnError also `error`.

#include "runtime/base/limits.h"
#include "runtime/integrations/resource.h"
#include "runtime/requests/read_request.h"
#include "runtime/steps/step_catalog.h"

#include <utility>

namespace millrace {
namespace {

void read(ObjectReader& json, SequenceReader&, Step& step) {
  RequestStep request;
  if (auto type = read_called_type(json)) {
    request.integration = std::move(*type);
    json.refuse("url", "a request to an integration or resource has a `path` below its base URL");
    request.request = read_request(json, "path");
  } else {
    request.request = read_request(json, "url");
  }
  step.config = std::move(request);
}

std::vector<Template*> templates(Step& step) {
  return templates_of(std::get<RequestStep>(step.config).request);
}

std::vector<std::string> outputs(const Step& step) {
  if (step.continue_on_error) return {"response", "error"};
  return {"response"};
}

}  // namespace

const StepKind request_step_kind{
    .type = "request",
    .history_type = "ACTION/REQUEST",
    .supervision = Supervision::retried,
    .may_use_secrets = true,
    .timeout_max = limits::request_time_settable_max,
    .read = read,
    .templates = templates,
    .sequences = no_sequences,
    .outputs = outputs,
};

}  // namespace millrace
