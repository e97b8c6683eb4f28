#include "runtime/requests/render_request.h"

namespace millrace {
namespace {

bool is_given(const Json& value) {
  if (const auto* const object = value.if_object()) return !object->empty();
  return !value.is_null();
}

}  // namespace

RequestValues render_request(const RequestTemplate& request, const Scope& scope) {
  RequestValues values;
  values.method = request.method;
  values.url = request.url.render(scope);
  values.params = request.params.render(scope);
  values.headers = request.headers.render(scope);
  values.body_kind = request.body_kind;
  values.body = request.body.render(scope);
  values.form_style = request.form_style;
  values.message_member = request.message_member;
  values.authorization = request.authorization.kind;
  values.authorization_values = request.authorization.values.render(scope);
  return values;
}

Json show_request(const RequestValues& values) {
  JsonObject shown;
  shown.emplace("method", values.method);
  shown.emplace("url", values.url);
  if (is_given(values.params)) shown.emplace("params", values.params);
  if (is_given(values.headers)) shown.emplace("headers", values.headers);
  if (values.body_kind != BodyKind::none) {
    shown.emplace("bodyType", wire_name(values.body_kind));
    shown.emplace("body", values.body);
  }
  if (values.authorization != RequestAuthorization::Kind::none) {
    shown.emplace("authorization", JsonObject{{"type", wire_name(values.authorization)}});
  }
  return shown;
}

std::string_view wire_name(BodyKind kind) {
  switch (kind) {
    case BodyKind::none:
      return "none";
    case BodyKind::json:
      return "json";
    case BodyKind::form_data:
      return "form-data";
    case BodyKind::form_urlencoded:
      return "x-www-form-urlencoded";
    case BodyKind::xml:
      return "xml";
    case BodyKind::raw:
      return "raw";
    case BodyKind::graphql:
      return "graphql";
    case BodyKind::related:
      return "related";
    case BodyKind::mime:
      return "mime";
  }
  return "none";
}

std::string_view wire_name(RequestAuthorization::Kind kind) {
  switch (kind) {
    case RequestAuthorization::Kind::none:
      return "none";
    case RequestAuthorization::Kind::bearer:
      return "bearer";
    case RequestAuthorization::Kind::basic:
      return "basic";
    case RequestAuthorization::Kind::header:
      return "header";
    case RequestAuthorization::Kind::query:
      return "query";
    case RequestAuthorization::Kind::client_credentials:
      return "oauth2ClientCredentials";
  }
  return "none";
}

}  // namespace millrace
