#pragma once
// Reads what a definition says of a request:
//
//   "method": "POST", "url": "https://api.example/contacts", "params": {...}, "headers": {...},
//   "bodyType": "json" | "form-data" | "x-www-form-urlencoded" | "xml" | "raw" | "graphql"
//             | "related" | "mime", "body": ..., "formStyle": "brackets", "messageMember": "raw",
//   "authorization": {"type": "bearer", "token": ...} | {"type": "basic", "username", "password"}
//                  | {"type": "header" | "query", "name", "value"}
//                  | {"type": "oauth2ClientCredentials", "tokenUrl", "clientId", "clientSecret", "scope"},
//   "pagination": {"output": "response.body.items", "pageToken": "response.body.next",
//                  "stopWhen": [[{"variable": "{{self.response.body.done}}", "operator": "BooleanTrue"}]],
//                  "uniqueBy": "id", "max": 20}
//
// In place of `pageToken`: "nextUrl": "response.body.next", "nextLink": true, or "more": "response.body.has_more".
//
// `body` without `bodyType` is JSON. `max` is the most pages that are fetched, 100 when not given; with
// `uniqueBy` an item whose value there an earlier one has had is left out.

#include "runtime/reading/object_reader.h"
#include "runtime/requests/request_template.h"

namespace millrace {

/// `url_key` is "url", or "path" where there is a base URL.
RequestTemplate read_request(ObjectReader& json, std::string_view url_key);

/// The key `headers`: names and values that a header can have.
void check_header_names(ObjectReader& json);

/// "response.body.items", also between braces or with the step's own id before it: the path below the
/// step's output, `response` included. Anything else is a finding at `key`.
std::vector<PathSegment> read_response_path(ObjectReader& json, std::string_view key);

}  // namespace millrace
