#pragma once
// What a workflow is tested with when a test gives nothing (actors/tenants/test_data.h): typed, or caught by a URL
// of one use. Headers that prove who somebody is are masked where it is shown.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup test_data_routes;

/// PUT …/workflows/{workflow}/test-data `{"request"}` or `{"payload"}` : as GET shows it.
Result<Reply> put_test_data(const ApiCall& call, ApiServices& services);
/// GET …/test-data : `{"request"|"payload","source":"typed"|"captured","dateUpdated"}`; 404: there is none.
Result<Reply> get_test_data(const ApiCall& call, ApiServices& services);
/// DELETE …/test-data : 204.
Result<Reply> delete_test_data(const ApiCall& call, ApiServices& services);
/// POST …/test-capture : 201 `{"url","expiresAt"}`; a URL before is worth nothing from then on.
Result<Reply> begin_test_capture(const ApiCall& call, ApiServices& services);
/// GET …/test-capture : `{"state":"waiting"|"captured"|"expired","expiresAt","request"}`; 404: none was begun.
Result<Reply> get_test_capture(const ApiCall& call, ApiServices& services);
/// ANY /captures/{hook} : 200 `{"captured":true}`, once. No token: the id is what nobody guesses.
Result<Reply> catch_test_request(const ApiCall& call, ApiServices& services);

}  // namespace millrace
