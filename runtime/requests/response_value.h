#pragma once
// What a workflow sees of a response: {"statusCode", "headers", "body"}.
//
// The body by its content type: JSON (application/json, anything+json) is its value; text (text/*, XML,
// JavaScript, forms) is a string, converted from its charset; no type at all is text when it is valid
// UTF-8; everything else is a file. JSON that is none is text. An empty body is null, of text "".

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/retries/retry_policy.h"

#include <optional>
#include <string>
#include <variant>

namespace millrace {

/// A body that is a file: its bytes are the response's.
struct FileBody {
  std::string name;
  std::string mime_type;
};
using ResponseBody = std::variant<Json, FileBody>;

/// `url` is where it was asked for: its last segment names a file that has no other name. Error
/// bad_response: a success whose JSON is nested too deeply, or holds a number that no double holds.
Result<ResponseBody> read_body(const HttpResponse& response, std::string_view url);

Json response_value(const HttpResponse& response, Json body);

inline bool is_success(int status) { return status >= 200 && status < 300; }
/// request_failed, or request_rejected for statuses that do not get better by asking again, unless the
/// policy names them.
Error error_of_status(int status, const RetryPolicy& policy);

/// The wait that the header asks for, from `now`: seconds or a date (RFC 9110, 10.2.3), at most
/// limits::retry_after_max.
std::optional<Millis> retry_after(const HttpResponse& response, Instant now);

}  // namespace millrace
