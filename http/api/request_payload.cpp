#include "http/api/request_payload.h"

#include "http/wire/content_decoder.h"
#include "http/wire/multipart_form.h"
#include "runtime/content/read_content.h"
#include "runtime/requests/response_value.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/header_text.h"

namespace millrace {
namespace {

Error invalid(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

/// In the order in which they were sent, but for the caller's token.
JsonObject headers_of(const httplib::Request& request) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : request.headers) {
    std::string key = lower_case(name);
    if (key == "authorization" || key == "proxy-authorization") continue;
    headers.push_back({std::move(key), utf8_of_header(value)});
  }
  return header_object(headers);
}

void add_field(JsonObject& object, const std::string& key, Json value) {
  const auto [slot, is_new] = object.emplace(key, nullptr);
  auto& current = slot->value();
  if (is_new) {
    current = std::move(value);
  } else if (current.is_array()) {
    current.get_array().emplace_back(std::move(value));
  } else {
    current = JsonArray{std::move(current), std::move(value)};
  }
}

JsonObject object_of(const FormFields& fields) {
  JsonObject object;
  for (const auto& [key, value] : fields) add_field(object, key, Json(value));
  return object;
}

Error too_big() {
  return {ErrorCode::payload_too_large,
          "a file has at most " + std::to_string(limits::file_bytes_max) + " bytes"};
}

Result<Json> kept_file(std::string name, std::string type, std::string bytes, RunFiles& files) {
  if (bytes.size() > limits::file_bytes_max) return too_big();
  if (name.empty()) name = "file";
  if (type.empty()) type = "application/octet-stream";
  return file_object({std::move(name), std::move(type), files.keep(std::move(bytes))});
}

Result<Json> file_part(ReceivedPart part, RunFiles& files) {
  if (files.all().size() >= limits::files_per_request_max) {
    return invalid("a request has at most " + std::to_string(limits::files_per_request_max) +
                   " files");
  }
  if (!is_valid_utf8(part.file_name)) return invalid("a file's name is not valid UTF-8");
  return kept_file(std::move(part.file_name), std::move(part.content_type), std::move(part.content),
                   files);
}

Result<Json> multipart_body(const std::string& content_type, const std::string& body,
                            RunFiles& files) {
  auto parts = parse_multipart_form(content_type, body);
  if (!parts) return parts.error();
  JsonObject object;
  for (auto& part : *parts) {
    const std::string name = part.name;
    auto text = part.is_file ? std::nullopt : read_text(part.content, part.content_type);
    if (!is_valid_utf8(name) || (!part.is_file && !text)) {
      return invalid("a part of the multipart form is not valid UTF-8");
    }
    auto value = text ? Result<Json>(Json(std::move(*text))) : file_part(std::move(part), files);
    if (!value) return value.error();
    add_field(object, name, std::move(*value));
  }
  return Json(std::move(object));
}

/// What the caller can mend is refused, where a response's reader has to take what there is.
struct ToBody {
  RunFiles& files;

  Result<Json> operator()(Json value) const {
    auto kept = intern_files(
        value, [this](std::string bytes) { return files.keep(std::move(bytes)); },
        HandlesInData::refused);
    if (!kept) return kept.error();
    return value;
  }
  Result<Json> operator()(const FormContent& form) const {
    auto fields = parse_form(form.text, form.charset);
    if (!fields) return fields.error();
    return Json(object_of(*fields));
  }
  Result<Json> operator()(const FileContent&) const { return Json(JsonObject()); }
  Result<Json> operator()(const BrokenContent& broken) const {
    const bool is_json = broken.problem.code == ErrorCode::limit_exceeded;
    if (is_json) return Error(ErrorCode::invalid_json, "the body is " + broken.problem.message);
    return broken.problem;
  }
};

/// The body without its Content-Encoding.
Result<std::string> plain_body(const httplib::Request& request) {
  std::vector<HttpHeader> encodings;
  const auto [first, last] = request.headers.equal_range("Content-Encoding");
  for (auto each = first; each != last; ++each) {
    encodings.push_back({"content-encoding", each->second});
  }
  return undo_content_coding(encodings, request.body, limits::request_body_bytes_max);
}

Outcome add_body(JsonObject& request, std::string body, const httplib::Request& http,
                 RunFiles& files) {
  const std::string type = http.get_header_value("Content-Type");
  Json file;
  auto value = Result<Json>(Json(JsonObject()));
  if (media_type(type) == "multipart/form-data") {
    if (!body.empty()) value = multipart_body(type, body, files);
  } else if (!body.empty()) {
    const std::string disposition = http.get_header_value("Content-Disposition");
    Content content = read_content(body, {type, disposition});
    if (auto* const whole = std::get_if<FileContent>(&content)) {
      auto kept = kept_file(whole->name, whole->mime_type, std::move(body), files);
      if (!kept) return kept.error();
      file = std::move(*kept);
    }
    value = std::visit(ToBody{files}, std::move(content));
  }
  if (!value) return value.error();
  request.emplace("body", std::move(*value));
  if (!file.is_null()) request.emplace("file", std::move(file));
  return Done{};
}

}  // namespace

Result<RequestPayload> read_request_payload(const ApiCall& call) {
  auto body = plain_body(call.http);
  if (!body) return body.error();
  RequestPayload payload;
  JsonObject request{{"headers", headers_of(call.http)}, {"params", object_of(call.query)}};
  auto added = add_body(request, std::move(*body), call.http, payload.files);
  if (!added) return added.error();
  payload.request = std::move(request);
  return payload;
}

}  // namespace millrace
