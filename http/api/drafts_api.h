#pragma once
// Working on a draft: edits, findings, what differs from a version, taking a version back. docs/drafts.md.
//
// Two who edit at once: each sends the tag that they have seen as `If-Match`, and one of them is told 412
// `draft_changed` (actors/tenants/workflow_library.h). Without it the later one changes what the
// earlier has left; edits of different steps add up.

#include "http/api/api_call.h"
#include "http/api/route.h"

#include <cstddef>

namespace millrace {

namespace limits {
/// More are counted and not listed: nobody reads them, and each costs a walk through the definitions.
inline constexpr std::size_t listed_changes_max = 1'000;
}  // namespace limits

extern const RouteGroup draft_routes;

/// PATCH …/workflows/{workflow} : the workflow as GET shows it, and `"findings"`: references to steps that were
/// removed.
Result<Reply> patch_workflow(const ApiCall& call, ApiServices& services);
/// POST …/validate : `{"valid","findings"}` and, of what is valid, what deploy would answer. Without a body of the
/// stored draft, else of that definition; nothing is saved.
Result<Reply> validate_workflow(const ApiCall& call, ApiServices& services);
/// GET …/versions/{version}/diff?to : `{"changes":[{"step","path","kind","from","to"}],"summary"}`.
Result<Reply> diff_versions(const ApiCall& call, ApiServices& services);
/// POST …/versions/{version}/restore : the version becomes the draft; the workflow as GET shows it.
Result<Reply> restore_version(const ApiCall& call, ApiServices& services);

}  // namespace millrace
