#pragma once
// What a workflow sees of the request that triggered it (docs/http.md):
//
//   {"headers": {lower-case names}, "params": {…}, "body": …, "file": {…}}
//
// body is an object for JSON, x-www-form-urlencoded and multipart/form-data, and a string for text
// types; a body that calls itself a form and is a JSON object or array is read as that, since `curl -d`
// calls everything a form; any other type is `file`, a file object, and body is empty. Files are file objects in forms,
// too; the hex of those inside JSON is decoded here, once. A name that occurs several times in params
// or in a form gives an array of its values.
//
// `Authorization` and `Proxy-Authorization` are left out: the caller's token must not be found in
// journals and histories.

#include "actors/runs/run_files.h"
#include "http/api/api_call.h"

namespace millrace {

struct RequestPayload {
  Json request;
  RunFiles files;
};

/// Errors: invalid_json, invalid_request, invalid_file (bad hex, with its place), payload_too_large.
Result<RequestPayload> read_request_payload(const ApiCall& call);

}  // namespace millrace
