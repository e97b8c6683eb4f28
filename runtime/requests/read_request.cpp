#include "runtime/requests/read_request.h"

#include "runtime/base/limits.h"
#include "runtime/conditions/read_conditions.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/header_text.h"

#include <array>
#include <utility>

namespace millrace {
namespace {

using AuthKind = RequestAuthorization::Kind;

constexpr std::array<Choice<std::string_view>, 7> methods{{
    {"GET", "GET"},
    {"POST", "POST"},
    {"PUT", "PUT"},
    {"PATCH", "PATCH"},
    {"DELETE", "DELETE"},
    {"HEAD", "HEAD"},
    {"OPTIONS", "OPTIONS"},
}};

constexpr std::array<Choice<FormStyle>, 2> form_styles{{
    {"json", FormStyle::json},
    {"brackets", FormStyle::brackets},
}};

constexpr std::array<Choice<BodyKind>, 8> body_kinds{{
    {"json", BodyKind::json},
    {"form-data", BodyKind::form_data},
    {"x-www-form-urlencoded", BodyKind::form_urlencoded},
    {"xml", BodyKind::xml},
    {"raw", BodyKind::raw},
    {"graphql", BodyKind::graphql},
    {"related", BodyKind::related},
    {"mime", BodyKind::mime},
}};

constexpr std::array<Choice<AuthKind>, 6> authorization_kinds{{
    {"none", AuthKind::none},
    {"bearer", AuthKind::bearer},
    {"basic", AuthKind::basic},
    {"header", AuthKind::header},
    {"query", AuthKind::query},
    {"oauth2ClientCredentials", AuthKind::client_credentials},
}};

std::vector<std::string_view> keys_of(AuthKind kind) {
  switch (kind) {
    case AuthKind::none:
      return {};
    case AuthKind::bearer:
      return {"token"};
    case AuthKind::basic:
      return {"username", "password"};
    case AuthKind::header:
    case AuthKind::query:
      return {"name", "value"};
    case AuthKind::client_credentials:
      return {"tokenUrl", "clientId", "clientSecret"};
  }
  return {};
}

/// What the body must look like where the definition writes it out.
void check_body(ObjectReader& json, BodyKind kind) {
  const Json* const body = json.find("body");
  if (body == nullptr || body->is_string()) return;  // text may be a reference
  const std::string pointer = json.pointer_to("body");
  switch (kind) {
    case BodyKind::form_data:
    case BodyKind::form_urlencoded:
      if (!body->is_object()) json.report_mismatch(pointer, "an object of fields", *body);
      return;
    case BodyKind::xml:
      json.report_mismatch(pointer, "the XML as a string", *body);
      return;
    case BodyKind::graphql:
      if (!body->is_object() || !body->get_object().contains("query")) {
        json.report_mismatch(
            pointer, "the query as a string, or an object with `query`, and `variables` if any",
            *body);
      }
      return;
    case BodyKind::related:
      if (!body->is_object() || !body->get_object().contains("file")) {
        json.report_mismatch(pointer, "an object with `file`, and `metadata` if any", *body);
      }
      return;
    case BodyKind::mime:
      if (!body->is_object()) json.report_mismatch(pointer, "an e-mail as an object", *body);
      return;
    case BodyKind::none:
    case BodyKind::json:
    case BodyKind::raw:
      return;
  }
}

void read_body(ObjectReader& json, RequestTemplate& request) {
  const bool has_body = json.find("body") != nullptr;
  const auto kind = json.choice<BodyKind>("bodyType", body_kinds);
  if (has_body) request.body_kind = kind.value_or(BodyKind::json);
  check_body(json, request.body_kind);
  request.body = json.any("body", nullptr);
  request.form_style = json.choice<FormStyle>("formStyle", form_styles).value_or(FormStyle::json);
  if (json.find("formStyle") != nullptr && request.body_kind != BodyKind::form_urlencoded) {
    json.report("formStyle", "only a body of `x-www-form-urlencoded` is written in a style",
                "`\"bodyType\": \"x-www-form-urlencoded\"`");
  }
  request.message_member = json.constant_text("messageMember").value_or("");
  if (!request.message_member.empty() && request.body_kind != BodyKind::mime) {
    json.report("messageMember", "only a body of `mime` holds an e-mail",
                "`\"bodyType\": \"mime\"`");
  }
}

RequestAuthorization read_authorization(ObjectReader& parent) {
  RequestAuthorization authorization;
  const Json* const value = parent.find("authorization");
  if (value == nullptr || value->is_null()) return authorization;
  const std::string pointer = parent.pointer_to("authorization");
  ObjectReader json(*value, pointer, parent.step(), parent.findings());
  if (!value->is_object()) return authorization;
  json.require("type", "how the request is authorized");
  const auto kind = json.choice<AuthKind>("type", authorization_kinds);
  if (!kind) return authorization;  // which other keys it may have is not known
  authorization.kind = *kind;
  JsonObject values;
  for (const std::string_view key : keys_of(authorization.kind)) {
    const Json* const given = json.require(key, "a string");
    if (given == nullptr) continue;
    if (given->is_structured() || given->is_null()) {
      json.report_mismatch(json.pointer_to(key), "a string", *given);
    }
    values.emplace(key, *given);
  }
  if (authorization.kind == AuthKind::client_credentials) {
    if (const Json* const scope = json.find("scope")) values.emplace("scope", *scope);
  }
  json.finish();
  authorization.values = json.compile(values, pointer);
  return authorization;
}

/// "id", "properties.id": the path below an item of a page. Empty when it is not given.
std::vector<PathSegment> read_item_path(ObjectReader& json, std::string_view key) {
  if (json.find(key) == nullptr) return {};
  const auto text = json.text(key);
  if (!text) return {};
  auto reference = parse_reference("item" + std::string(text->starts_with('[') ? "" : ".") + *text);
  if (reference && !reference->path.empty()) return std::move(reference->path);
  json.report(key, "a path into an item of the list is needed", "such as `id`", *text);
  return {};
}

/// Which page is next: one of four keys says it.
void read_next(ObjectReader& json, Pagination& pagination) {
  using Next = Pagination::Next;
  constexpr std::array<Choice<Next>, 3> paths{
      {{"pageToken", Next::token}, {"nextUrl", Next::url}, {"more", Next::more}}};
  std::vector<std::string> given;
  for (const auto& [key, next] : paths) {
    if (json.find(key) == nullptr) continue;
    given.emplace_back(key);
    pagination.next = next;
    pagination.page_token = read_response_path(json, key);
  }
  if (json.boolean("nextLink", false)) {
    given.emplace_back("nextLink");
    pagination.next = Next::link;
    pagination.page_token.clear();
  }
  if (given.size() > 1) {
    json.report(given.back(), "what leads to the next page is said in one way",
                "`pageToken`, `nextUrl`, `nextLink` or `more`", list_names(given));
  }
  if (given.empty()) {
    json.require("pageToken", "the path of the next page's token, such as `response.body.next`");
  }
}

std::optional<Pagination> read_pagination(ObjectReader& parent) {
  const Json* const value = parent.find("pagination");
  if (value == nullptr) return std::nullopt;
  Pagination pagination;
  ObjectReader json(*value, parent.pointer_to("pagination"), parent.step(), parent.findings());
  if (!value->is_object()) return pagination;
  json.require("output", "the path of a page's array, such as `response.body.items`");
  pagination.output = read_response_path(json, "output");
  read_next(json, pagination);
  if (json.find("stopWhen") != nullptr) {
    pagination.stop_when = read_conditions(json, "stopWhen");
  }
  pagination.unique_by = read_item_path(json, "uniqueBy");
  const auto most = json.integer("max", 1, limits::pages_settable_max);
  pagination.has_own_max = most.has_value();
  pagination.pages_max = static_cast<std::uint32_t>(most.value_or(limits::pages_max));
  json.finish();
  return pagination;
}

std::string_view without_braces(std::string_view text) {
  if (!text.starts_with("{{") || !text.ends_with("}}")) return text;
  return text.substr(2, text.size() - 4);
}

}  // namespace

void check_header_names(ObjectReader& json) {
  const Json* const headers = json.find("headers");
  const auto* const object = headers == nullptr ? nullptr : headers->if_object();
  if (object == nullptr) return;
  for (const auto& member : *object) {
    const std::string pointer = json.pointer_to("headers") + '/' + pointer_token(member.key());
    if (!is_header_name(member.key())) {
      json.report_mismatch(pointer, "a header name of letters, digits and `-`", Json(member.key()));
    }
    if (member.value().is_structured()) {
      json.report_mismatch(pointer, "a string, a number or a boolean", member.value());
    }
  }
}

std::vector<PathSegment> read_response_path(ObjectReader& json, std::string_view key) {
  const auto text = json.text(key);
  if (!text) return {};
  const auto reference = parse_reference(without_braces(*text));
  if (reference && reference->root == Reference::Root::step) {
    std::vector<PathSegment> path = reference->path;
    if (reference->name == "response") {
      path.insert(path.begin(), std::string("response"));
      return path;
    }
    const auto* const first = path.empty() ? nullptr : std::get_if<std::string>(&path.front());
    if (reference->name == json.step() && first != nullptr && *first == "response") return path;
  }
  json.report(key, "a path into this step's response is needed", "such as `response.body.items`",
              *text);
  return {};
}

/// A URL that is written out, or begins so, is one that can be called: what references put behind the scheme
/// is seen when it is rendered.
void check_url(ObjectReader& json, std::string_view key) {
  const Json* const given = json.find(key);
  if (given == nullptr || !given->is_string() || given->get_string().empty()) return;
  const std::string_view url = given->get_string();
  const auto reference = url.find("{{");
  const std::string start = lower_case(url.substr(0, reference));
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (start.starts_with(scheme)) {
      const std::string_view host = std::string_view(start).substr(scheme.size());
      const bool has_host = reference != std::string_view::npos
                                ? host.empty() || host.find_first_of("/?#:") != 0
                                : !host.empty() && host.find_first_of("/?#:") != 0;
      if (has_host) return;
    }
    // `{{settings.base}}/x`, and `http{{…}}`, may become anything.
    if (reference != std::string_view::npos && scheme.starts_with(start)) return;
  }
  json.report_mismatch(json.pointer_to(key),
                       "a URL that begins with http:// or https:// and a host", *given);
}

RequestTemplate read_request(ObjectReader& json, std::string_view url_key) {
  RequestTemplate request;
  json.require("method", "an HTTP method");
  request.method = json.choice<std::string_view>("method", methods).value_or("GET");
  if (json.required_text(url_key)) request.url = json.any(url_key, "");
  if (url_key == "url") check_url(json, url_key);
  request.params = json.object("params");
  check_header_names(json);
  request.headers = json.object("headers");
  read_body(json, request);
  request.authorization = read_authorization(json);
  request.pagination = read_pagination(json);
  return request;
}

std::vector<Template*> templates_of(RequestTemplate& request) {
  std::vector<Template*> all{&request.url, &request.params, &request.headers, &request.body,
                             &request.authorization.values};
  if (request.pagination) {
    for (Template* const each : templates_of(request.pagination->stop_when)) all.push_back(each);
  }
  return all;
}

}  // namespace millrace
