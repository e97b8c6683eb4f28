#pragma once
// What a workflow sees of the request that triggered it (behaviour 2, Request):
//
//   {"headers": {lower-case names}, "params": {…}, "body": …}
//
// body is an object for JSON, x-www-form-urlencoded and multipart/form-data, and a string for text
// types. A name that occurs several times in params or in a form gives an array of its values.
// `Authorization` and `Proxy-Authorization` are left out: the caller's token must not be found in
// journals and histories.

#include "http/api/api_call.h"

namespace millrace {

/// Errors: invalid_json, invalid_request; unsupported types are refused with invalid_request and a
/// message that lists what is understood.
Result<Json> read_request_payload(const ApiCall& call);

}  // namespace millrace
