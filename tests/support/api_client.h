#pragma once
// The API as a client sees it: one call, one answer. What a project's backend and its users do with
// it is in test_project.h. For bytes that no HTTP client would send, see raw_client.h.

#include "runtime/base/json.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace millrace::tests {

struct Call {
  std::string method;
  std::string path;  // percent-encoded, with its query
  std::string bearer = {};
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct Answer {
  int status = 0;                              // 0: the server gave none
  std::map<std::string, std::string> headers;  // lower-case names
  std::string text;
  Json json;  // null when the body is not JSON

  std::string header(const std::string& name) const;
  /// The value at a JSON pointer as JSON text, e.g. `"invalid_json"` with its quotes; empty if
  /// absent.
  std::string at(std::string_view pointer) const;
};

/// Sends on a connection of its own. Any thread.
Answer call_server(std::uint16_t port, const Call& call);

/// Is shown every answer that `call_server` gets, by whichever thread; set before there are any.
using AnswerCheck = void (*)(std::uint16_t port, const Call& call, const Answer& answer);
void check_answers_by(AnswerCheck check);

/// The JSON text at a pointer inside `value`; empty if absent.
std::string text_at(const Json& value, std::string_view pointer);
/// The string at a pointer. Throws when there is none.
std::string string_at(const Json& value, std::string_view pointer);
/// Parses what a test has written down; throws when it is not JSON.
Json json_of(std::string_view text);

}  // namespace millrace::tests
