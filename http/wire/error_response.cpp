#include "http/wire/error_response.h"

#include "http/wire/wire_error.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

namespace millrace {
namespace {

void add_unless_empty(JsonObject& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

JsonObject finding(const ErrorDetail& detail) {
  JsonObject object;
  add_unless_empty(object, "step", detail.step);
  object["path"] = detail.path;
  object["message"] = detail.message;
  add_unless_empty(object, "expected", detail.expected);
  add_unless_empty(object, "got", detail.got);
  add_unless_empty(object, "nearest", detail.nearest);
  if (detail.line > 0) {
    object["line"] = detail.line;
    object["column"] = detail.column;
  }
  return object;
}

JsonObject violation(const ErrorDetail& detail) {
  JsonObject object{
      {"in", detail.in}, {"key", detail.path}, {"expected", detail.expected}, {"got", detail.got}};
  add_unless_empty(object, "message", detail.message);
  return object;
}

void write_body(httplib::Response& response, int status, const JsonObject& body,
                std::uint32_t retry_after = 0) {
  response.status = status;
  response.set_content(to_text(body), "application/json");
  if (status == 401) response.set_header("WWW-Authenticate", "Bearer");
  if (status == 429 || status == 503) {
    response.set_header("Retry-After", std::to_string(std::max(1u, retry_after)));
  }
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

}  // namespace

JsonObject error_body(std::string_view code, std::string_view message) {
  return JsonObject{{"code", code}, {"message", message}};
}

JsonObject error_body(const Error& error) {
  JsonObject body = error_body(wire_name(public_code(error.code)), error.message);
  if (error.details.empty()) return body;
  // Findings that name a part of a request come from the request trigger's validation lists.
  if (!error.details.front().in.empty()) {
    JsonArray errors;
    for (const auto& detail : error.details) errors.push_back(violation(detail));
    body["errors"] = std::move(errors);
    return body;
  }
  JsonArray details;
  for (const auto& detail : error.details) details.push_back(finding(detail));
  body["details"] = std::move(details);
  return body;
}

void write_error(httplib::Response& response, const Error& error) {
  write_body(response, http_status(error.code), error_body(error), error.retry_after);
}

void write_error(httplib::Response& response, int status, std::string_view code,
                 std::string_view message) {
  write_body(response, status, error_body(code, message));
}

void write_current_exception(httplib::Response& response, std::string_view what) {
  try {
    throw;
  } catch (const std::exception& exception) {
    spdlog::error("{} failed: {}", what, exception.what());
  } catch (...) {
    spdlog::error("{} failed with an unknown exception", what);
  }
  response = httplib::Response();  // whatever the handler had prepared is not to be trusted
  response.version = "HTTP/1.1";
  write_error(response, Error(ErrorCode::internal_error,
                              "something went wrong on our side; the server's log has the reason"));
}

std::string raw_response(const WireError& error) {
  const std::string body = to_text(error_body(error.code, error.message));
  std::string text = "HTTP/1.1 " + std::to_string(error.status) + " ";
  text.append(reason_phrase(error.status));
  text += "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
  if (error.status == 401) text += "\r\nWWW-Authenticate: Bearer";
  if (error.status == 503) text += "\r\nRetry-After: 1";
  if (error.may_pages_read) text += "\r\nAccess-Control-Allow-Origin: *";
  text += "\r\nConnection: close\r\n\r\n";
  return text + body;
}

}  // namespace millrace
