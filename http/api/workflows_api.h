#pragma once
// Workflows: drafts, versions, deployment. `PUT` is create-or-replace, so that a folder of files
// can be applied again and again; it changes the draft only, and `deploy` makes a draft live.

#include "actors/tenants/workflow_library.h"
#include "http/api/api_call.h"
#include "http/api/route.h"
#include "runtime/drafts/draft_text.h"

namespace millrace {

extern const RouteGroup workflow_routes;

/// POST …/workflows/{workflow}/endpoint/rotate : `{"endpoint": {"url","method","runAs"}}`.
Result<Reply> rotate_endpoint(const ApiCall& call, ApiServices& services);

/// `{"name","nearest"}` of an app event that the project does not have, `nearest` only if there is one; null: it
/// has it, or `event` is empty. `also` are those that come with the deploy.
Result<Json> unknown_event(const ApiCall& call, ApiServices& services, const std::string& event,
                           const std::vector<std::string>& also = {});
/// Of the secrets that are named, those that the project does not have.
Result<JsonArray> missing_secrets(const ApiCall& call, ApiServices& services,
                                  const std::vector<std::string>& named);

/// `{"version"}`, with `"unchanged"`, `"missingSecrets"` and `"unknownEvent"` where there is something to tell.
Result<JsonObject> deployment_json(const ApiCall& call, ApiServices& services,
                                   const WorkflowLibrary::Deployment& deployment);

/// The body. Errors: payload_too_large, invalid_json.
Result<DraftText> definition_in(const ApiCall& call);

/// Ids stand in URLs, keys and logs. Error: invalid_request.
Result<WorkflowId> read_workflow_id(const std::string& text);

/// GET …/workflows : `{"workflows": [{"id","name","latestVersion","deployedVersion","dateUpdated"}]}`, with what
/// the draft says of `integration`, `description`, `infoText`, `order`, `hidden` and `defaultEnabled`.
Result<Reply> list_workflows(const ApiCall& call, ApiServices& services);
/// PUT …/workflows/{workflow} with the definition : the workflow as GET shows it; of one in the compiled
/// form also `"findings"`, what its translation is to be told of.
Result<Reply> put_workflow(const ApiCall& call, ApiServices& services);
/// GET …/workflows/{workflow} : as in the list, and `"definition"`, the draft.
Result<Reply> get_workflow(const ApiCall& call, ApiServices& services);
/// DELETE …/workflows/{workflow} : 204; runs in flight go on.
Result<Reply> delete_workflow(const ApiCall& call, ApiServices& services);
/// POST …/deploy : `{"version"}`, or 400 with every finding; `"missingSecrets"`, if the project lacks some
/// that it names, since they may be put later.
Result<Reply> deploy_workflow(const ApiCall& call, ApiServices& services);
/// POST …/undeploy : the workflow as GET shows it; its trigger answers 409 from now on.
Result<Reply> undeploy_workflow(const ApiCall& call, ApiServices& services);
/// GET …/schedule?count&user : `{"ticks": [...]}`, the next ones of a live version that has a schedule.
Result<Reply> show_schedule(const ApiCall& call, ApiServices& services);
/// GET …/versions : `{"versions": [{"version","dateDeployed"}]}`.
Result<Reply> list_versions(const ApiCall& call, ApiServices& services);
/// GET …/versions/{version} : one of them, and `"definition"`.
Result<Reply> get_version(const ApiCall& call, ApiServices& services);

}  // namespace millrace
