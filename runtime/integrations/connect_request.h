#pragma once
// A request below an integration's base URL, with room for the user's credential, which is put in when
// the request leaves (authorize_request.h). Pure.

#include "runtime/base/result.h"
#include "runtime/integrations/integration.h"
#include "runtime/requests/render_request.h"

namespace millrace {

struct PageProgress;

/// Makes the path of `values` absolute below the integration's base URL. What the integration
/// authorizes with takes the place of what the definition says. Error: invalid_url (no text, or above
/// the base URL).
Outcome connect_request(RequestValues& values, const Integration& integration,
                        const Json& base_url);

/// Headers of the integration that the request does not have itself, in any case; one that it leaves out with null
/// it has.
void add_default_headers(RequestValues& values, const Json& headers);

/// Where URLs lead from page to page and the first page has come: the request of the next one, whose URL came with
/// the page before, whole or relative to that of the first request, which `values` have. It goes where the first one
/// may go: below the base URL and to the hosts of the integration, or without one (null) to the same server.
/// Parameters are in it already. Else nothing changes. Error: invalid_url.
Outcome follow_pages(RequestValues& values, const std::optional<Pagination>& pagination,
                     const PageProgress& so_far, const Integration* integration,
                     const Json& base_url);

}  // namespace millrace
