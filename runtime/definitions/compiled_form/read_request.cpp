// Requests of the compiled form: to any URL, and to an integration or a resource.

#include "runtime/definitions/compiled_form/json_text.h"
#include "runtime/definitions/compiled_form/read_conditions.h"
#include "runtime/definitions/compiled_form/read_step.h"
#include "runtime/reading/object_reader.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/percent_text.h"

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
    const std::string written = pieces[0].text.substr(0, pieces[0].text.find('='));
    return percent_decode_bytes(written).value_or(written);
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
std::string url_without(const Json& params, const SourceReader& sources,
                        const std::vector<Piece>& url, const std::string& pointer) {
  SplitUrl split = split_url(url);
  std::vector<Piece> kept = std::move(split.base);
  char separator = '?';
  for (const QueryPart& part : split.query) {
    if (params.is_object() && params.get_object().contains(part.key())) continue;
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
  } else if (is_text && fields != nullptr && is_source(*fields)) {
    step.emplace("body", sources.text(*fields, json.pointer_to("body")));
  } else if (!is_text && fields != nullptr && !fields->is_null()) {
    const bool is_empty = fields->is_array() && fields->get_array().empty();
    if (has_none && is_empty) return;
    step.emplace("body", sources.keyed_values(*fields, json.pointer_to("body")));
  } else {
    return;
  }
  if (!kind.empty()) step.emplace("bodyType", kind);
}

// --- authorization ------------------------------------------------------------------------------

/// The account's own access token, alone or behind `Bearer `: what every request to the integration
/// carries by itself.
bool is_access_token(const Json& source) {
  const auto* const object = source.if_object();
  if (object == nullptr) return false;
  const Json* const parts = object->if_contains("parts");
  if (parts == nullptr || !parts->is_array()) {
    return text_member(*object, "type") == "CONNECT_CREDENTIAL_FIELD" &&
           text_member(*object, "fieldType") == "OAUTH_ACCESS_TOKEN";
  }
  const JsonArray& list = parts->get_array();
  if (list.empty() || list.size() > 2 || !is_access_token(list.back())) return false;
  const auto* const first = list[0].if_object();
  return list.size() == 1 ||
         (first != nullptr && text_member(*first, "type") == "VALUE" &&
          equal_but_for_case(trimmed(text_member(*first, "value").value_or(""), blanks), "Bearer"));
}

/// The headers, without an authorization that is the account's own.
Json read_headers(const SourceReader& sources, const Json& list, const std::string& pointer,
                  bool& carries_account) {
  if (!list.is_array()) return sources.keyed_texts(list, pointer);
  JsonArray others;
  for (const Json& row : list.get_array()) {
    const auto* const object = row.if_object();
    const Json* const source = object == nullptr ? nullptr : object->if_contains("source");
    const bool is_own =
        source != nullptr && is_access_token(*source) &&
        equal_but_for_case(text_member(*object, "key").value_or(""), "Authorization");
    carries_account = carries_account || is_own;
    if (!is_own) others.push_back(row);
  }
  return sources.keyed_texts(carries_account ? Json(std::move(others)) : list, pointer);
}

/// One header or parameter can be the authorization; several are ordinary ones.
void read_named_values(const SourceReader& sources, ObjectReader& json, std::string_view key,
                       std::string_view type, JsonObject& step) {
  const Json* const list = json.find(key);
  if (list == nullptr) return;
  const Json given = sources.keyed_texts(*list, json.pointer_to(key));
  if (!given.is_object()) {
    sources.report(FindingCode::no_counterpart, json.pointer_to(key),
                   "an authorization is written out: name its header or parameter");
    return;
  }
  const JsonObject& values = given.get_object();
  if (values.size() == 1) {
    step.emplace("authorization", JsonObject{{"type", type},
                                             {"name", values.begin()->key()},
                                             {"value", values.begin()->value()}});
    return;
  }
  JsonObject& beside = step[key].is_object() ? step[key].get_object() : step[key].emplace_object();
  for (const auto& member : values) beside.emplace(member.key(), member.value());
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
      sources.report(FindingCode::no_counterpart, json.pointer_to("audience"),
                     "an audience of client credentials cannot be translated; fetch the token in a "
                     "request before");
    }
  }
  const auto request_type = json.text("requestType").value_or("");
  if (request_type == "body-param") {
    sources.report(FindingCode::no_counterpart, json.pointer_to("requestType"),
                   "client credentials are sent in a header, not in the body",
                   "`basic-auth-header`", request_type);
  }
}

void read_authorization(const SourceReader& sources, ObjectReader& parent, JsonObject& step,
                        bool& carries_account) {
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
  const Json* const token = value->get_object().if_contains("token");
  if (type == "bearer" && token != nullptr && is_access_token(*token)) {
    json.find("token");
    carries_account = true;
  } else if (type == "bearer") {
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
    sources.report(FindingCode::no_counterpart, json.pointer_to("type"),
                   "authorization by `" + type +
                       "` cannot be translated; send the request to an integration that has it",
                   list_names({"none", "bearer", "basic", "auth_header", "query_params",
                               "oauth-client-credential"}),
                   type);
    return;
  }
  sources.finish(json, *value);
  if (!authorization.empty()) step.emplace("authorization", std::move(authorization));
}

// --- pagination ---------------------------------------------------------------------------------

/// A path below the step's own output, told by a reference to it or written out.
std::string own_path(const SourceReader& sources, const Json& source, const std::string& pointer) {
  constexpr std::string_view own = "self.";
  const auto pieces = sources.pieces(source, pointer);
  if (pieces.size() == 1 && !is_reference(pieces[0])) return pieces[0].text;
  const bool is_own = pieces.size() == 1 && pieces[0].text.starts_with(own);
  if (is_own) return pieces[0].text.substr(own.size());
  sources.report(FindingCode::not_understood, pointer,
                 "this must be a value of the step's own response", "one variable of this step");
  return {};
}

/// The first of the names that there is: releases differ.
std::string own_path(const SourceReader& sources, ObjectReader& json,
                     std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const Json* const source = json.find(key)) {
      return own_path(sources, *source, json.pointer_to(key));
    }
  }
  json.require(*keys.begin(), "a source");
  return {};
}

/// Nothing if the request has no pages.
std::optional<JsonObject> read_pagination(const SourceReader& sources, ObjectReader& parent) {
  const Json* const value = parent.find("paginationOptions");
  if (value == nullptr || says_nothing(*value)) return std::nullopt;
  ObjectReader json(*value, parent.pointer_to("paginationOptions"), sources.step(),
                    sources.findings());
  if (!value->is_object() || !json.boolean("enabled", true)) return std::nullopt;
  const auto type = json.text("type").value_or("TOKEN");
  if (type != "TOKEN") {
    sources.report(FindingCode::no_counterpart, json.pointer_to("type"),
                   "pagination by `" + type + "` cannot be translated", "`TOKEN`", type);
    return std::nullopt;
  }
  const SourceReader page = sources.in_page();
  JsonObject pagination{{"output", own_path(page, json, {"outputPath", "output"})},
                        {"pageToken", own_path(page, json, {"pageToken"})}};
  const Json* const stop = json.find("stopCondition");
  if (stop != nullptr && !says_nothing(*stop)) {
    pagination.emplace("stopWhen",
                       read_condition_tree(page, *stop, json.pointer_to("stopCondition")));
  }
  sources.finish(json, *value);
  return pagination;
}

// --- all of it ----------------------------------------------------------------------------------

/// True if the account's own access token is its authorization.
bool read_all(const SourceReader& given, ObjectReader& json, std::string_view url_key,
              JsonObject& step) {
  auto pagination = read_pagination(given, json);
  const SourceReader sources =
      pagination ? given.in_next_request('.' + text_member(*pagination, "pageToken").value_or(""))
                 : given;
  bool carries_account = false;
  step.emplace("method", json.required_text("httpMethod").value_or("GET"));
  Json params = JsonObject();
  if (const Json* const list = json.find("params")) {
    params = sources.keyed_texts(*list, json.pointer_to("params"), SameKeys::become_array);
  }
  if (const Json* const url = json.require("url", "a source")) {
    const std::string pointer = json.pointer_to("url");
    step.emplace(url_key, url_without(params, sources, sources.pieces(*url, pointer), pointer));
  }
  if (!says_nothing(params)) step.emplace("params", std::move(params));
  if (const Json* const list = json.find("headers")) {
    Json headers = read_headers(sources, *list, json.pointer_to("headers"), carries_account);
    if (!says_nothing(headers)) step.emplace("headers", std::move(headers));
  }
  read_body(sources, json, step);
  read_authorization(sources, json, step, carries_account);
  if (pagination) step.emplace("pagination", std::move(*pagination));
  read_supervision(json, step);
  return carries_account;
}

}  // namespace

void read_request(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  // A build that sends the access token itself sends the request to the integration.
  const auto integration = json.text("actionType").value_or("");
  JsonObject request;
  const bool carries_account = read_all(sources, json, "url", request);
  if (carries_account) step.emplace("integration", integration);
  for (auto& member : request) {
    const bool is_path = carries_account && member.key() == "url";
    step.emplace(is_path ? std::string_view("path") : std::string_view(member.key()),
                 std::move(member.value()));
  }
}

void read_integration_request(const SourceReader& sources, ObjectReader& json, JsonObject& step) {
  json.find("credentials");  // the account is chosen when a run begins
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
