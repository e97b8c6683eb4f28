#include "http/api/request_payload.h"

#include "http/wire/multipart_form.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/header_parameter.h"

namespace millrace {
namespace {

Error invalid(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

/// Header values are bytes; what is not UTF-8 is taken as ISO-8859-1, as HTTP/1.1 once defined it.
std::string utf8_of(const std::string& value) {
  if (is_valid_utf8(value)) return value;
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text.push_back(c);
    } else {
      text.push_back(static_cast<char>(0xc0 | (byte >> 6)));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return text;
}

JsonObject headers_of(const httplib::Request& request) {
  JsonObject headers;
  for (const auto& [name, value] : request.headers) {
    const std::string key = lower_case(name);
    if (key == "authorization" || key == "proxy-authorization") continue;
    auto& slot = headers[key];
    if (slot.is_null()) {
      slot = utf8_of(value);
    } else {
      // RFC 9110, 5.3: a repeated field is one list; cookies are joined their own way.
      slot.get_string().append(key == "cookie" ? "; " : ", ").append(utf8_of(value));
    }
  }
  return headers;
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

std::string type_or_binary(std::string type) {
  return type.empty() ? "application/octet-stream" : std::move(type);
}

Result<Json> file_part(ReceivedPart part, RunFiles& files) {
  if (files.all().size() >= limits::files_per_request_max) {
    return invalid("a request has at most " + std::to_string(limits::files_per_request_max) +
                   " files");
  }
  if (part.content.size() > limits::file_bytes_max) return too_big();
  if (!is_valid_utf8(part.file_name)) return invalid("a file's name is not valid UTF-8");
  return file_object({std::move(part.file_name), type_or_binary(std::move(part.content_type)),
                      files.keep(std::move(part.content))});
}

Result<Json> multipart_body(const std::string& content_type, const std::string& body,
                            RunFiles& files) {
  auto parts = parse_multipart_form(content_type, body);
  if (!parts) return parts.error();
  JsonObject object;
  for (auto& part : *parts) {
    if (!is_valid_utf8(part.name) || (!part.is_file && !is_valid_utf8(part.content))) {
      return invalid("a part of the multipart form is not valid UTF-8");
    }
    const std::string name = part.name;
    if (!part.is_file) {
      add_field(object, name, Json(part.content));
      continue;
    }
    auto file = file_part(std::move(part), files);
    if (!file) return file.error();
    add_field(object, name, std::move(*file));
  }
  return Json(std::move(object));
}

Outcome check_encoding(const httplib::Request& request) {
  const std::string encoding = lower_case(request.get_header_value("Content-Encoding"));
  if (encoding.empty() || encoding == "identity" || request.body.empty()) return Done{};
  return invalid("the content encoding '" + encoding + "' is not supported; send the body plain");
}

Outcome check_text(const std::string& content_type, const std::string& body) {
  const std::string charset = lower_case(header_parameter(content_type, "charset").value_or(""));
  if (!charset.empty() && charset != "utf-8" && charset != "us-ascii") {
    return invalid("the charset '" + charset + "' is not supported; send UTF-8");
  }
  if (!is_valid_utf8(body)) return invalid("the body is not valid UTF-8");
  return Done{};
}

/// The media type without its parameters, lower case.
std::string type_of(const httplib::Request& request) {
  const std::string content_type = request.get_header_value("Content-Type");
  std::string type = lower_case(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

bool is_json_type(const std::string& type) {
  // A body without a type is most often JSON from a hand-written client.
  return type.empty() || type == "application/json" || type.ends_with("+json");
}

/// `curl -d` says that it sends a form, whatever it is given.
bool looks_like_json(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
}

/// True for a type whose whole body is one file.
bool is_file_type(const std::string& type) {
  return !is_json_type(type) && type != "multipart/form-data" &&
         type != "application/x-www-form-urlencoded" && !type.starts_with("text/");
}

Result<Json> whole_file(const httplib::Request& request, const std::string& type, RunFiles& files) {
  if (request.body.size() > limits::file_bytes_max) return too_big();
  const std::string disposition = request.get_header_value("Content-Disposition");
  std::string name = extended_header_parameter(disposition, "filename")
                         .value_or(header_parameter(disposition, "filename").value_or(""));
  if (name.empty() || !is_valid_utf8(name)) name = "file";
  return file_object({std::move(name), type, files.keep(request.body)});
}

Result<Json> json_body(const std::string& body, RunFiles& files) {
  auto value = parse_json(body);
  if (!value) return value;
  auto kept = intern_files(
      *value, [&](std::string bytes) { return files.keep(std::move(bytes)); },
      HandlesInData::refused);
  if (!kept) return kept.error();
  return value;
}

Result<Json> body_of(const httplib::Request& request, RunFiles& files) {
  if (request.body.empty()) return Json(JsonObject());
  const std::string content_type = request.get_header_value("Content-Type");
  const std::string type = type_of(request);
  if (type == "multipart/form-data") {
    return multipart_body(content_type, request.body, files);
  }
  const auto text = check_text(content_type, request.body);
  if (!text) return text.error();
  if (is_json_type(type)) return json_body(request.body, files);
  if (type == "application/x-www-form-urlencoded") {
    const bool may_be_json = looks_like_json(request.body);
    if (may_be_json && parse_json(request.body)) return json_body(request.body, files);
    auto fields = parse_form(request.body);
    if (!fields) return fields.error();
    return Json(object_of(*fields));
  }
  return Json(request.body);
}

}  // namespace

Result<RequestPayload> read_request_payload(const ApiCall& call) {
  if (auto checked = check_encoding(call.http); !checked) return checked.error();
  RequestPayload payload;
  JsonObject request{{"headers", headers_of(call.http)}, {"params", object_of(call.query)}};
  const std::string type = type_of(call.http);
  const bool is_file = !call.http.body.empty() && is_file_type(type);
  auto content =
      is_file ? whole_file(call.http, type, payload.files) : body_of(call.http, payload.files);
  if (!content) return content.error();
  if (is_file) request.emplace("body", JsonObject());
  request.emplace(is_file ? "file" : "body", std::move(*content));
  payload.request = std::move(request);
  return payload;
}

}  // namespace millrace
