#include "tests/support/request_script.h"

#include "runtime/text/ascii_text.h"
#include "runtime/text/hex_text.h"

namespace millrace {
namespace {

Json shown_bytes(const std::string& bytes, const std::string& type) {
  if (!is_valid_utf8(bytes)) return JsonObject{{"hex", to_hex(bytes)}};
  if (type == "application/json") {
    if (auto value = parse_json(bytes)) return std::move(*value);
  }
  return Json(bytes);
}

Json shown_part(const FormPart& part) {
  JsonObject shown{{"name", part.name}};
  if (!part.file_name.empty()) shown.emplace("fileName", part.file_name);
  if (!part.type.empty()) shown.emplace("type", part.type);
  shown.emplace("body", shown_bytes(*part.bytes, ""));
  return shown;
}

}  // namespace

RequestRule answering(int status, const Json& body, std::vector<HttpHeader> headers) {
  return answering_bytes(status, "application/json", to_text(body), std::move(headers));
}

RequestRule answering_bytes(int status, const std::string& type, std::string bytes,
                            std::vector<HttpHeader> headers) {
  HttpResponse response;
  response.status = status;
  if (!type.empty()) response.headers.push_back({"content-type", type});
  for (auto& header : headers) response.headers.push_back(std::move(header));
  response.body = std::make_shared<const std::string>(std::move(bytes));
  return [response = std::move(response)](const ScriptedRequest&) { return response; };
}

RequestRule failing_request(ErrorCode code, std::string message) {
  return [error = Error(code, std::move(message))](const ScriptedRequest&) -> HttpOutcome {
    return error;
  };
}

RequestRule first_attempts(std::uint32_t attempts, RequestRule first, RequestRule then) {
  return
      [attempts, first = std::move(first), then = std::move(then)](const ScriptedRequest& request) {
        return request.attempt <= attempts ? first(request) : then(request);
      };
}

RequestRule when_url_has(std::string text, RequestRule then, RequestRule otherwise) {
  return [text = std::move(text), then = std::move(then),
          otherwise = std::move(otherwise)](const ScriptedRequest& request) {
    const bool has = request.request.url.find(text) != std::string::npos;
    return has ? then(request) : otherwise(request);
  };
}

RequestRule echoing_request() {
  return [](const ScriptedRequest& request) {
    JsonObject shown = shown_request(request.request);
    shown.emplace("key", idempotency_key_of(request.request));
    return answering(200, std::move(shown))(request);
  };
}

RequestScript& RequestScript::on(const std::string& step, RequestRule rule) {
  rules_[step] = std::move(rule);
  return *this;
}

HttpOutcome RequestScript::answer(const ScriptedRequest& request) const {
  const auto found = rules_.find(request.step);
  return found == rules_.end() ? answering(200, JsonObject())(request) : found->second(request);
}

JsonObject shown_request(const HttpRequest& request) {
  JsonObject headers;
  std::string type;
  for (const auto& header : request.headers) {
    if (header.name == "Idempotency-Key") continue;
    if (lower_case(header.name) == "content-type") type = header.value;
    headers.emplace(header.name, header.value);
  }
  JsonObject shown{{"method", request.method}, {"url", request.url}};
  shown.emplace("headers", std::move(headers));
  if (!request.parts.empty()) {
    JsonArray parts;
    for (const auto& part : request.parts) parts.push_back(shown_part(part));
    shown.emplace("body", std::move(parts));
  } else if (request.body != nullptr) {
    shown.emplace("body", shown_bytes(*request.body, type));
  }
  return shown;
}

std::string idempotency_key_of(const HttpRequest& request) {
  for (const auto& header : request.headers) {
    if (lower_case(header.name) == "idempotency-key") return header.value;
  }
  return {};
}

std::string step_of(const HttpRequest& request) {
  const std::string key = idempotency_key_of(request);
  const auto colon = key.find(':');
  if (colon == std::string::npos) return key;
  return key.substr(colon + 1, key.find_first_of(".:", colon + 1) - colon - 1);
}

}  // namespace millrace
