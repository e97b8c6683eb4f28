#pragma once
// Which query parameters a request may have: those that its route declares, which are the ones that `/openapi.json`
// shows. A filter that is misspelt, and passed over, would list everything. Pure.

#include "http/api/route.h"
#include "http/wire/url_text.h"

namespace millrace {

/// Whether the route refuses what it does not declare: what is asked with a project's key or the admin key does.
/// Elsewhere a query is data (of triggers, of webhooks) or written by others (providers, the browser SDK) and is taken
/// as it comes, unless the route says otherwise (`Route::only_declared_query`).
bool refuses_other_parameters(const Route& route);

/// Error: invalid_request, which names the first that is not declared, and those that are, the nearest one first.
Outcome check_query_names(const Route& route, const FormFields& query);

}  // namespace millrace
