#include "http/api/request_payload.h"

#include "http/wire/multipart_form.h"
#include "http/wire/request_head.h"

#include <algorithm>

namespace millrace {
namespace {

Error invalid(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

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
    const std::string key = lower(name);
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

void add_field(JsonObject& object, const std::string& key, std::string value) {
  const auto [slot, is_new] = object.emplace(key, nullptr);
  auto& current = slot->value();
  if (is_new) {
    current = std::move(value);
  } else if (current.is_array()) {
    current.get_array().emplace_back(std::move(value));
  } else {
    current = JsonArray{current, Json(std::move(value))};
  }
}

JsonObject object_of(const FormFields& fields) {
  JsonObject object;
  for (const auto& [key, value] : fields) add_field(object, key, value);
  return object;
}

Result<Json> multipart_body(const std::string& content_type, const std::string& body) {
  auto parts = parse_multipart_form(content_type, body);
  if (!parts) return parts.error();
  JsonObject object;
  for (auto& part : *parts) {
    if (part.is_file) {
      return invalid("the part '" + part.name + "' is a file, and files are not supported yet");
    }
    if (!is_valid_utf8(part.name) || !is_valid_utf8(part.content)) {
      return invalid("a part of the multipart form is not valid UTF-8");
    }
    add_field(object, part.name, std::move(part.content));
  }
  return Json(std::move(object));
}

Outcome check_text(const std::string& content_type, const std::string& body) {
  const std::string charset = lower(header_parameter(content_type, "charset"));
  if (!charset.empty() && charset != "utf-8" && charset != "us-ascii") {
    return invalid("the charset '" + charset + "' is not supported; send UTF-8");
  }
  if (!is_valid_utf8(body)) return invalid("the body is not valid UTF-8");
  return Done{};
}

Result<Json> body_of(const httplib::Request& request) {
  if (request.body.empty()) return Json(JsonObject());
  const std::string content_type = request.get_header_value("Content-Type");
  std::string type = lower(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  const std::string encoding = lower(request.get_header_value("Content-Encoding"));
  if (!encoding.empty() && encoding != "identity") {
    return invalid("the content encoding '" + encoding + "' is not supported; send the body plain");
  }
  if (type == "multipart/form-data") return multipart_body(content_type, request.body);
  const auto text = check_text(content_type, request.body);
  if (!text) return text.error();
  // A body without a type is most often JSON from a hand-written client.
  if (type.empty() || type == "application/json" || type.ends_with("+json")) {
    return parse_json(request.body);
  }
  if (type == "application/x-www-form-urlencoded") {
    auto fields = parse_form(request.body);
    if (!fields) return fields.error();
    return Json(object_of(*fields));
  }
  if (type.starts_with("text/")) return Json(request.body);
  return invalid("the content type '" + type +
                 "' is not supported; send application/json, application/x-www-form-urlencoded, "
                 "multipart/form-data or a text type");
}

}  // namespace

Result<Json> read_request_payload(const ApiCall& call) {
  auto body = body_of(call.http);
  if (!body) return body.error();
  return Json(JsonObject{{"headers", headers_of(call.http)},
                         {"params", object_of(call.query)},
                         {"body", std::move(*body)}});
}

}  // namespace millrace
