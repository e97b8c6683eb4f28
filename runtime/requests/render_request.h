#pragma once
// A request step's template, rendered. Rendered with the dispatch scope it becomes the request that is
// sent; rendered with the run's own scope, where secrets are masked, it is what the history shows.

#include "runtime/base/json.h"
#include "runtime/requests/request_template.h"

namespace millrace {

struct RequestValues {
  std::string method;
  Json url;
  Json params;   // object, or null
  Json headers;  // object, or null
  BodyKind body_kind = BodyKind::none;
  Json body;
  FormStyle form_style = FormStyle::json;
  std::string message_member{};
  RequestAuthorization::Kind authorization = RequestAuthorization::Kind::none;
  Json authorization_values;  // object, or null
};

RequestValues render_request(const RequestTemplate& request, const Scope& scope);

/// For the task history. Of the authorization only its kind is shown.
Json show_request(const RequestValues& values);

std::string_view wire_name(BodyKind kind);
std::string_view wire_name(RequestAuthorization::Kind kind);

}  // namespace millrace
