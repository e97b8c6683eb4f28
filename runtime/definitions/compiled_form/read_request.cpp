// Requests of the compiled form: to any URL, and to an integration or a resource.

#include "runtime/definitions/compiled_form/json_text.h"
#include "runtime/definitions/compiled_form/read_conditions.h"
#include "runtime/definitions/compiled_form/read_step.h"
#include "runtime/reading/object_reader.h"

#include <utility>

namespace millrace::compiled_form {
namespace {

bool is_reference(const Piece& piece) { return piece.kind == Piece::Kind::reference; }

// --- the URL and its parameters -----------------------------------------------------------------

/// One `key=value` of a query.
struct QueryPart {
  std::vector<Piece> pieces;

  std::string key() const {
    if (pieces.empty() || is_reference(pieces[0])) return {};
    return pieces[0].text.substr(0, pieces[0].text.find('='));
  }
};

struct SplitUrl {
  std::vector<Piece> base;
  std::vector<QueryPart> query;
};

SplitUrl split_url(const std::vector<Piece>& url) {
  SplitUrl split;
  for (const Piece& piece : url) {
    if (is_reference(piece)) {
      (split.query.empty() ? split.base : split.query.back().pieces).push_back(piece);
      continue;
    }
    std::string text;
    const auto flush = [&] {
      auto& into = split.query.empty() ? split.base : split.query.back().pieces;
      if (!text.empty()) into.push_back({Piece::Kind::literal, std::exchange(text, {})});
    };
    for (const char c : piece.text) {
      const bool begins_part = c == (split.query.empty() ? '?' : '&');
      if (!begins_part) {
        text += c;
        continue;
      }
      flush();
      split.query.emplace_back();
    }
    flush();
  }
  return split;
}

/// The URL is given with its parameters, which are listed beside it once more.
std::string url_without(const JsonObject& params, const SourceReader& sources,
                        const std::vector<Piece>& url, const std::string& pointer) {
  SplitUrl split = split_url(url);
  std::vector<Piece> kept = std::move(split.base);
  char separator = '?';
  for (const QueryPart& part : split.query) {
    if (params.contains(part.key())) continue;
    kept.push_back({Piece::Kind::literal, std::string(1, std::exchange(separator, '&'))});
    kept.insert(kept.end(), part.pieces.begin(), part.pieces.end());
  }
  std::vector<Piece> joined;
  for (Piece& piece : kept) {
    if (!joined.empty() && !is_reference(joined.back()) && !is_reference(piece)) {
      joined.back().text += piece.text;
    } else {
      joined.push_back(std::move(piece));
    }
  }
  return sources.join(joined, pointer);
}

// --- the body -----------------------------------------------------------------------------------

Json graphql_body(const SourceReader& sources, ObjectReader& json) {
  JsonObject body;
  if (const Json* const query = json.require("query", "a source")) {
    body.emplace("query", sources.text(*query, json.pointer_to("query")));
  }
  const Json* const variables = json.find("variables");
  if (variables == nullptr || variables->is_null()) return body;
  const std::string pointer = json.pointer_to("variables");
  const auto pieces = sources.pieces(*variables, pointer);
  auto structured = structured_value(sources, pieces, pointer);
  if (structured) {
    body.emplace("variables", std::move(*structured));
  } else if (!pieces.empty()) {
    body.emplace("variables", sources.join(pieces, pointer));
  }
  return body;
}

void read_body(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  const auto kind = json.text("bodyType").value_or("");
  const bool is_graphql = kind == "graphql";
  const bool is_text = kind == "raw" || kind == "xml";
  const bool has_none =
      step["method"] == Json("GET") || step["method"] == Json("DELETE") || kind.empty();
  // What belongs to other kinds of bodies stays behind in the editor and is not sent there either.
  const Json* const fields = json.find("body");
  const Json* const text = json.find("rawBody");
  if (!is_graphql) {
    json.find("query");
    json.find("variables");
  }
  if (is_graphql) {
    step.emplace("body", graphql_body(sources, json));
  } else if (is_text && text != nullptr && !text->is_null()) {
    step.emplace("body", sources.text(*text, json.pointer_to("rawBody")));
  } else if (!is_text && fields != nullptr && !fields->is_null()) {
    const bool is_empty = fields->is_array() && fields->get_array().empty();
    if (has_none && is_empty) return;
    const std::string pointer = json.pointer_to("body");
    step.emplace("body", fields->is_object() ? sources.value(*fields, pointer)
                                             : Json(sources.keyed_values(*fields, pointer)));
  } else {
    return;
  }
  if (!kind.empty()) step.emplace("bodyType", kind);
}

// --- authorization ------------------------------------------------------------------------------

/// One header or parameter can be the authorization; several are ordinary ones.
void read_named_values(const SourceReader& sources, ObjectReader& json, std::string_view key,
                       std::string_view type, JsonObject& step) {
  const Json* const list = json.find(key);
  if (list == nullptr) return;
  const JsonObject values = sources.keyed_texts(*list, json.pointer_to(key));
  if (values.size() == 1) {
    step.emplace("authorization", JsonObject{{"type", type},
                                             {"name", values.begin()->key()},
                                             {"value", values.begin()->value()}});
    return;
  }
  JsonObject& given = step[key].is_object() ? step[key].get_object() : step[key].emplace_object();
  for (const auto& member : values) given.emplace(member.key(), member.value());
}

void read_client_credentials(const SourceReader& sources, ObjectReader& json,
                             JsonObject& authorization) {
  constexpr std::pair<std::string_view, std::string_view> keys[] = {
      {"oauthUrl", "tokenUrl"}, {"clientId", "clientId"}, {"clientSecret", "clientSecret"}};
  for (const auto& [key, our_key] : keys) {
    const Json* const source = json.require(key, "a source");
    if (source != nullptr) {
      authorization.emplace(our_key, sources.text(*source, json.pointer_to(key)));
    }
  }
  if (const Json* const scopes = json.find("scopes")) {
    auto text = sources.text(*scopes, json.pointer_to("scopes"));
    if (!text.empty()) authorization.emplace("scope", std::move(text));
  }
  if (const Json* const audience = json.find("audience")) {
    if (!sources.text(*audience, json.pointer_to("audience")).empty()) {
      json.report("audience", "an audience of client credentials cannot be translated");
    }
  }
  const auto request_type = json.text("requestType").value_or("");
  if (request_type == "body-param") {
    json.report("requestType", "client credentials are sent in a header, not in the body",
                "`basic-auth-header`", request_type);
  }
}

void read_authorization(const SourceReader& sources, ObjectReader& parent, JsonObject& step) {
  const Json* const value = parent.find("authorization");
  if (value == nullptr || says_nothing(*value)) return;
  ObjectReader json(*value, parent.pointer_to("authorization"), sources.step(), sources.findings());
  if (!value->is_object()) return;
  const auto type = json.required_text("type").value_or("");
  JsonObject authorization;
  const auto add_texts = [&](std::initializer_list<std::string_view> keys) {
    authorization.emplace("type", type);
    for (const std::string_view key : keys) {
      const Json* const source = json.require(key, "a source");
      if (source != nullptr)
        authorization.emplace(key, sources.text(*source, json.pointer_to(key)));
    }
  };
  if (type == "bearer") {
    add_texts({"token"});
  } else if (type == "basic") {
    add_texts({"username", "password"});
  } else if (type == "auth_header") {
    read_named_values(sources, json, "headers", "header", step);
  } else if (type == "query_params") {
    read_named_values(sources, json, "params", "query", step);
  } else if (type == "oauth-client-credential") {
    authorization.emplace("type", "oauth2ClientCredentials");
    read_client_credentials(sources, json, authorization);
  } else if (type != "none" && !type.empty()) {
    json.report("type", "authorization by `" + type + "` cannot be translated",
                list_names({"none", "bearer", "basic", "auth_header", "query_params",
                            "oauth-client-credential"}),
                type);
    return;
  }
  finish(json, *value);
  if (!authorization.empty()) step.emplace("authorization", std::move(authorization));
}

// --- pagination ---------------------------------------------------------------------------------

/// Exactly one reference into the step's own response, as a path below its output.
std::string own_path(const SourceReader& sources, ObjectReader& json, std::string_view key) {
  constexpr std::string_view own = "self.";
  const Json* const source = json.require(key, "a source");
  if (source == nullptr) return {};
  const auto pieces = sources.pieces(*source, json.pointer_to(key), OwnOutput::current_page);
  const bool is_own =
      pieces.size() == 1 && is_reference(pieces[0]) && pieces[0].text.starts_with(own);
  if (is_own) return pieces[0].text.substr(own.size());
  json.report(key, "this must be a value of the step's own response", "one variable of this step");
  return {};
}

void read_pagination(const SourceReader& sources, ObjectReader& parent, JsonObject& step) {
  const Json* const value = parent.find("paginationOptions");
  if (value == nullptr || says_nothing(*value)) return;
  ObjectReader json(*value, parent.pointer_to("paginationOptions"), sources.step(),
                    sources.findings());
  if (!value->is_object()) return;
  if (!json.boolean("enabled", true)) return;
  const auto type = json.text("type").value_or("TOKEN");
  if (type != "TOKEN") {
    json.report("type", "pagination by `" + type + "` cannot be translated", "`TOKEN`", type);
    return;
  }
  JsonObject pagination{{"output", own_path(sources, json, "output")},
                        {"pageToken", own_path(sources, json, "pageToken")}};
  const Json* const stop = json.find("stopCondition");
  if (stop != nullptr && !says_nothing(*stop)) {
    pagination.emplace("stopWhen",
                       read_condition_tree(sources, *stop, json.pointer_to("stopCondition"),
                                           OwnOutput::current_page));
  }
  finish(json, *value);
  step.emplace("pagination", std::move(pagination));
}

void read_all(const SourceReader& sources, ObjectReader& json, std::string_view url_key,
              JsonObject& step) {
  step.emplace("method", json.required_text("httpMethod").value_or("GET"));
  JsonObject params;
  if (const Json* const list = json.find("params")) {
    params = sources.keyed_texts(*list, json.pointer_to("params"), SameKeys::become_array);
  }
  if (const Json* const url = json.require("url", "a source")) {
    const std::string pointer = json.pointer_to("url");
    step.emplace(url_key, url_without(params, sources, sources.pieces(*url, pointer), pointer));
  }
  if (!params.empty()) step.emplace("params", std::move(params));
  if (const Json* const list = json.find("headers")) {
    JsonObject headers = sources.keyed_texts(*list, json.pointer_to("headers"));
    if (!headers.empty()) step.emplace("headers", std::move(headers));
  }
  read_body(sources, json, step);
  read_authorization(sources, json, step);
  read_pagination(sources, json, step);
  read_supervision(json, step);
}

}  // namespace

void read_request(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  read_all(sources, json, "url", step);
}

void read_integration_request(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  const auto integration = json.text("actionType").value_or("");
  const auto resource = json.text("resourceId").value_or("");
  if (!resource.empty()) {
    step.emplace("resource", resource);
  } else if (!integration.empty()) {
    step.emplace("integration", integration);
  } else {
    json.report("actionType", "`actionType` is missing", "the type of an integration");
  }
  read_all(sources, json, "path", step);
}

}  // namespace millrace::compiled_form
