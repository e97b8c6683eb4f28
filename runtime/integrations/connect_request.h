#pragma once
// A request below an integration's base URL, with room for the user's credential, which is put in when
// the request leaves (authorize_request.h). Pure.

#include "runtime/base/result.h"
#include "runtime/integrations/integration.h"
#include "runtime/requests/render_request.h"

namespace millrace {

/// Makes the path of `values` absolute below the integration's base URL. What the integration
/// authorizes with takes the place of what the definition says. Error: invalid_url (no text, or above
/// the base URL).
Outcome connect_request(RequestValues& values, const Integration& integration,
                        const Json& base_url);

}  // namespace millrace
