#pragma once
// The OpenAPI 3.1 description of routes: paths, parameters, bodies and answers as the tables state
// them; beyond them
//
//   401 of every route that is not open, 429 where a rate applies, and as `default` the error body
//   of the contract with all of its stable codes (`x-codes`: code, status, whether to try again);
//   three security schemes: userToken, projectKey, adminKey.
//
// A route of method ANY is one operation per method, `proxyGet`, `proxyPost`, …; `{path...}` is
// described as `{path}`, since OpenAPI has no word for the rest of a path. HEAD is implied by GET.
// Pure.

#include "http/api/route.h"
#include "runtime/base/json.h"

#include <span>

namespace millrace {

JsonObject openapi_document(std::span<const RouteGroup> groups);

}  // namespace millrace
