#pragma once
// What a form offers for a setting: its options, or what the integration lists for the user's account
// (runtime/integrations/data_source.h).

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup choices_routes;

/// GET …/sdk/integrations/{type}/options/{setting} : `{"records": [{"value","label"}], "nextPageCursor"}`.
Result<Reply> list_options(const ApiCall& call, ApiServices& services);
/// POST …/sdk/actions `{"action","sourceKey","parameters","paginationParameters"}` : the same as the browser SDK reads
/// it, under `output`.
Result<Reply> list_options_for_sdk(const ApiCall& call, ApiServices& services);

}  // namespace millrace
