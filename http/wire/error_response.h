#pragma once
// Errors as clients read them. Everything that is not a success has the body
//
//   {"code": "invalid_definition", "message": "…", "details": [{"step","path","message",…}]}
//
// and a request that a request trigger refused has, as the contract wants it,
//
//   {"code": "invalid_request", "message": "…", "errors": [{"in","key","expected","got"}]}
//
// Nothing here ever shows the text of an exception: what a library or a failed CHECK says goes to
// the log, the client gets `internal_error`.

#include "runtime/base/error.h"
#include "runtime/base/json.h"

#include <httplib.h>

#include <string>
#include <string_view>

namespace millrace {

/// `{"code","message"}` and `details` or `errors` when there are findings. Empty fields of a
/// finding are left out.
JsonObject error_body(const Error& error);
JsonObject error_body(std::string_view code, std::string_view message);

/// Fills status, body and the headers that belong to the status (`WWW-Authenticate`,
/// `Retry-After`).
void write_error(httplib::Response& response, const Error& error);
void write_error(httplib::Response& response, int status, std::string_view code,
                 std::string_view message);

/// Answers `internal_error` for whatever was thrown, and logs it as the failure of `what`.
/// Call it inside a catch block.
void write_current_exception(httplib::Response& response, std::string_view what);

}  // namespace millrace
