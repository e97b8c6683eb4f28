#pragma once
// How a workflow is shown with its draft, and what requests say of the draft that they have seen. The draft
// stands in the answer as it was written (runtime/drafts/draft_text.h).
//
// `ETag` names the draft, not the answer: what is deployed beside it may change while the tag stays. So it
// is for `If-Match`, and `GET` does not answer 304 by it: whoever kept an answer would miss a deploy.

#include "actors/tenants/workflow_library.h"
#include "http/api/api_call.h"
#include "http/api/route.h"
#include "runtime/drafts/draft_condition.h"

#include <string>
#include <string_view>

namespace millrace {

/// Of `{workflow}` in the path. Error invalid_request.
Result<WorkflowId> workflow_in(const ApiCall& call);
/// Of `{version}` in the path. Error not_found.
Result<WorkflowVersion> version_in(const ApiCall& call);

/// `If-Match` and `If-None-Match`. Error invalid_request.
Result<DraftCondition> draft_condition(const ApiCall& call);

/// As in lists: without the definition.
JsonObject workflow_outline(const WorkflowLibrary::Entry& entry);
/// The workflow with its draft, and with the draft's tag as `ETag`. `beside`: further members.
Reply workflow_reply(const ApiCall& call, ApiServices& services,
                     const WorkflowLibrary::Entry& entry, const JsonObject& beside = {});

JsonObject endpoint_json(const ApiCall& call, const ApiServices& services, const WorkflowId& id,
                         const WorkflowLibrary::Endpoint& endpoint);

/// The text of an object with one more member, whose value is JSON text already.
std::string with_member(std::string object, std::string_view key, std::string_view value);

inline constexpr RouteParameter version_in_path{
    "version", "integer", "A version's number, from 1 on.", RouteParameter::In::path};
inline constexpr RouteParameter if_match{
    "If-Match", "string",
    "The draft's `ETag`, or several, or `*`: 412 `draft_changed` when it is none of them.",
    RouteParameter::In::header};

}  // namespace millrace
