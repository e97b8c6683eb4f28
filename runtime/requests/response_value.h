#pragma once
// What a workflow sees of a response: {"statusCode", "headers", "body"}.
//
// The body as `runtime/content/read_content.h` reads it; a form is text. JSON that is none is text, what
// cannot be decoded is a file. An empty body is null, of text "".

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/content/read_content.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/retries/retry_policy.h"

#include <optional>
#include <string>
#include <variant>

namespace millrace {

using ResponseBody = std::variant<Json, FileContent>;

/// `url` is where it was asked for: its last segment names a file that has no other name. Error
/// bad_response: a success whose JSON is nested too deeply, or holds a number that no double holds.
Result<ResponseBody> read_body(const HttpResponse& response, std::string_view url);

/// Headers by their (lower-case) names. Those of one name are one list, joined by ", " (RFC 9110, 5.3),
/// but for `set-cookie`, which is always an array: its values have commas of their own.
JsonObject header_object(const std::vector<HttpHeader>& headers);

Json response_value(const HttpResponse& response, Json body);

inline bool is_success(int status) { return status >= 200 && status < 300; }
/// request_failed, or request_rejected for statuses that do not get better by asking again, unless the
/// policy names them.
Error error_of_status(int status, const RetryPolicy& policy);

/// The wait that the header asks for, from `now`: seconds or a date (RFC 9110, 10.2.3, in each of its
/// three forms, or as `parse_time` reads one), at most limits::retry_after_max.
std::optional<Millis> retry_after(const HttpResponse& response, Instant now);

}  // namespace millrace
