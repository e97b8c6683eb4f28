#pragma once
// Errors as users meet them: a stable code, what was wrong, where, and (in the message) what to do.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a supervision policy may do about an error.
enum class RetryClass : std::uint8_t {
  retry,         // may get better by itself (a time-out, a lost worker, a busy peer)
  do_not_retry,  // the same attempt will fail again (a template error, a bad address)
};

// Code number, name on the wire, HTTP status, retry class. Numbers are stored in journals: they are
// never reused, and rows are only added. Nothing raises `trigger_mismatch`, `forbidden` and
// `request_timeout` (a slow request is answered 408 before there is an Error): they are reserved.
#define MILLRACE_ERROR_CODES(X)                                              \
  X(invalid_json, 1, "invalid_json", 400, do_not_retry)                      \
  X(invalid_definition, 2, "invalid_definition", 400, do_not_retry)          \
  X(invalid_request, 3, "invalid_request", 400, do_not_retry)                \
  X(unauthorized, 4, "unauthorized", 401, do_not_retry)                      \
  X(not_found, 5, "not_found", 404, do_not_retry)                            \
  X(method_not_allowed, 6, "method_not_allowed", 405, do_not_retry)          \
  X(conflict, 7, "conflict", 409, do_not_retry)                              \
  X(payload_too_large, 8, "payload_too_large", 413, do_not_retry)            \
  X(rate_limited, 9, "rate_limited", 429, retry)                             \
  X(workflow_not_deployed, 10, "workflow_not_deployed", 409, do_not_retry)   \
  X(trigger_mismatch, 11, "trigger_mismatch", 409, do_not_retry)             \
  X(overloaded, 12, "overloaded", 503, retry)                                \
  X(storage_failed, 13, "storage_failed", 503, retry)                        \
  X(stale_epoch, 14, "stale_epoch", 503, retry)                              \
  X(directory_in_use, 15, "directory_in_use", 503, do_not_retry)             \
  X(format_not_supported, 16, "format_not_supported", 503, do_not_retry)     \
  X(corrupt_data, 17, "corrupt_data", 500, do_not_retry)                     \
  X(internal_error, 18, "internal_error", 500, do_not_retry)                 \
  X(template_error, 19, "template_error", 500, do_not_retry)                 \
  X(type_mismatch, 20, "type_mismatch", 500, do_not_retry)                   \
  X(function_threw, 21, "function_threw", 500, retry)                        \
  X(function_syntax, 22, "function_syntax", 400, do_not_retry)               \
  X(function_timeout, 23, "function_timeout", 500, retry)                    \
  X(function_memory, 24, "function_memory", 500, do_not_retry)               \
  X(function_output, 25, "function_output", 500, do_not_retry)               \
  X(function_worker_died, 26, "function_worker_died", 500, retry)            \
  X(function_never_settled, 27, "function_never_settled", 500, do_not_retry) \
  X(fan_out_item_failed, 28, "fan_out_item_failed", 500, do_not_retry)       \
  X(cancelled, 29, "cancelled", 409, do_not_retry)                           \
  X(actor_crashed, 30, "actor_crashed", 500, do_not_retry)                   \
  X(limit_exceeded, 31, "limit_exceeded", 400, do_not_retry)                 \
  X(forbidden, 32, "forbidden", 403, do_not_retry)                           \
  X(request_timeout, 33, "request_timeout", 408, retry)                      \
  X(step_timeout, 34, "step_timeout", 500, retry)                            \
  X(request_failed, 35, "request_failed", 502, retry)                        \
  X(request_rejected, 36, "request_rejected", 502, do_not_retry)             \
  X(invalid_url, 37, "invalid_url", 400, do_not_retry)                       \
  X(blocked_address, 38, "blocked_address", 403, do_not_retry)               \
  X(connection_failed, 39, "connection_failed", 502, retry)                  \
  X(tls_failed, 40, "tls_failed", 502, retry)                                \
  X(response_too_large, 41, "response_too_large", 502, do_not_retry)         \
  X(too_many_redirects, 42, "too_many_redirects", 502, do_not_retry)         \
  X(bad_response, 43, "bad_response", 502, retry)                            \
  X(authorization_failed, 44, "authorization_failed", 502, do_not_retry)     \
  X(secret_missing, 45, "secret_missing", 409, do_not_retry)                 \
  X(invalid_file, 46, "invalid_file", 400, do_not_retry)                     \
  X(invalid_parameters, 47, "invalid_parameters", 400, do_not_retry)         \
  X(integration_inactive, 48, "integration_inactive", 409, do_not_retry)     \
  X(credential_missing, 49, "credential_missing", 409, do_not_retry)         \
  X(credential_invalid, 50, "credential_invalid", 409, do_not_retry)         \
  X(workflow_disabled, 51, "workflow_disabled", 409, do_not_retry)           \
  X(settings_missing, 52, "settings_missing", 409, do_not_retry)             \
  X(user_disabled, 53, "user_disabled", 409, do_not_retry)                   \
  X(secrets_locked, 54, "secrets_locked", 503, do_not_retry)                 \
  X(shard_moved, 55, "shard_moved", 503, retry)                              \
  X(permission_denied, 56, "permission_denied", 409, do_not_retry)           \
  X(draft_changed, 57, "draft_changed", 412, do_not_retry)                   \
  X(admission_full, 58, "admission_full", 429, retry)                        \
  X(stored_bytes_exceeded, 59, "stored_bytes_exceeded", 507, do_not_retry)

enum class ErrorCode : std::uint16_t {
#define X(name, number, wire, status, retry) name = number,
  MILLRACE_ERROR_CODES(X)
#undef X
};

std::string_view wire_name(ErrorCode code);
ErrorCode error_code_from_number(std::uint16_t number);  // unknown numbers become internal_error
int http_status(ErrorCode code);
RetryClass retry_class(ErrorCode code);

/// A shard has another owner now, and what was asked is to be asked of that one: nothing was written,
/// nothing is lost, and nothing is wrong with the store. Two codes say so: `shard_moved` whoever knew
/// before that the shard is not his (actors/shards/shard_ownership.h), `stale_epoch` a store that was
/// given the epoch of an earlier ownership.
bool means_shard_moved(ErrorCode code);
/// The code that users are told: `stale_epoch` is between us and the store, and is told as `shard_moved`.
ErrorCode public_code(ErrorCode code);

/// One finding inside an error, e.g. one violation of a definition.
struct ErrorDetail {
  std::string step;      // the step's id; empty when it is not about one step
  std::string path;      // JSON pointer (RFC 6901) into what was given, e.g. "/steps/0/code"
  std::string message;   // a sentence
  std::string expected;  // empty when it does not apply
  std::string got;
  std::string nearest;  // the nearest existing name, when a name was not found
  std::string in;       // request validation: "body", "headers" or "params"; then `path` is the key
  // From 1 on; 0 when unknown. In the code of a function when `path` names its code, else in the text
  // that was given. Columns count characters.
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Error {
  ErrorCode code = ErrorCode::internal_error;
  std::string message;
  std::vector<ErrorDetail> details;
  std::uint32_t retry_after = 0;  // seconds, where it is known when to try again; 0: it is not

  Error(ErrorCode error_code, std::string text) : code(error_code), message(std::move(text)) {}
  Error(ErrorCode error_code, std::string text, std::vector<ErrorDetail> findings)
      : code(error_code), message(std::move(text)), details(std::move(findings)) {}
};

}  // namespace millrace
