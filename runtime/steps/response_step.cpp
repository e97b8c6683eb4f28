// The response step: answers the request that started the workflow; the run goes on.
//
//   {"id", "type": "response", "statusCode": 200, "headers": {"x-trace": "{{execution.id}}"},
//   "body": ...}
//   {"id", "type": "response", "file": "{{download.response.body}}"}   its bytes, with its MIME type
//
// Output: what was answered: `statusCode`, `headers`, and `body` or `file`.

#include "runtime/reading/object_reader.h"
#include "runtime/steps/step_catalog.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/header_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr int standard_status = 200;
// An informational status (1xx) is not an answer: the client would go on waiting.
constexpr std::int64_t status_min = 200;
constexpr std::int64_t status_max = 599;

// These describe the connection and the length of the message; the server writes them, and a second
// opinion would let one answer be read as two.
constexpr std::array<std::string_view, 5> server_headers{
    "connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"};

bool is_server_header(std::string_view name) {
  const std::string lower = lower_case(name);
  for (const std::string_view header : server_headers) {
    if (header == lower) return true;
  }
  return false;
}

bool is_status(const Json& written) {
  return written.is_int64() && written.get_int64() >= status_min &&
         written.get_int64() <= status_max;
}

Template read_status(ObjectReader& json) {
  if (json.find("statusCode") == nullptr) return json.any("statusCode", standard_status);
  return json.reference_or("statusCode", "an integer from 200 to 599", is_status);
}

bool is_header_line(const Json& value) {
  const auto* const text = value.if_string();
  return !value.is_structured() &&
         (text == nullptr || text->find_first_of("\r\n") == boost::json::string::npos);
}

void check_header(ObjectReader& json, std::string_view name, const Json& value) {
  const std::string pointer = json.pointer_to("headers") + '/' + pointer_token(name);
  if (!is_header_name(name)) {
    json.report_mismatch(pointer, "a header name of letters, digits and `-`", Json(name));
  } else if (is_server_header(name)) {
    json.report_mismatch(pointer, "a header that the server does not write itself", Json(name));
  }
  const auto* const several = value.if_array();
  const auto is_text_line = [](const Json& each) {
    return each.is_string() && is_header_line(each);
  };
  const bool is_fit = several == nullptr
                          ? is_header_line(value)
                          : std::all_of(several->begin(), several->end(), is_text_line);
  if (!is_fit) {
    json.report_mismatch(
        pointer, "a string of one line, a number or a boolean, or an array of such strings", value);
  }
}

Template read_headers(ObjectReader& json) {
  const Json* const headers = json.find("headers");
  const auto* const object = headers == nullptr ? nullptr : headers->if_object();
  if (object != nullptr) {
    for (const auto& member : *object) check_header(json, member.key(), member.value());
  }
  return json.object("headers");
}

void read(ObjectReader& json, SequenceReader&, Step& step) {
  ResponseStep response;
  response.status_code = read_status(json);
  response.headers = read_headers(json);
  response.has_file = json.find("file") != nullptr;
  if (response.has_file) json.refuse("body", "`file` and `body` exclude each other");
  response.file = json.reference_or("file", "a file object",
                                    [](const Json& written) { return written.is_object(); });
  response.body = json.any("body", nullptr);
  step.config = std::move(response);
}

std::vector<Template*> templates(Step& step) {
  auto& response = std::get<ResponseStep>(step.config);
  return {&response.status_code, &response.headers, &response.body, &response.file};
}

std::vector<std::string> outputs(const Step&) { return {"statusCode", "headers", "body", "file"}; }

}  // namespace

const StepKind response_step_kind{
    .type = "response",
    .history_type = "ACTION/RESPONSE",
    .supervision = Supervision::plain,
    .read = read,
    .templates = templates,
    .sequences = no_sequences,
    .outputs = outputs,
};

}  // namespace millrace
