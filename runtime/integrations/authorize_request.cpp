#include "runtime/integrations/authorize_request.h"

#include "runtime/outbound/request_secrets.h"
#include "runtime/requests/request_line.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

using Kind = IntegrationAuth::Kind;

/// Text that a header or a URL can carry. A field that is absent is empty: the peer refuses it and says
/// why, better than we could.
Result<std::string> field_of(const Credential& credential, std::string_view key) {
  const Json* const value = credential.fields.if_contains(key);
  std::string text =
      value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  auto refused = refuse_files("\"authorization\": \"" + std::string(key) + '"', text);
  if (!refused) return refused.error();
  return text;
}

Result<std::string> basic_pair(const Credential& credential) {
  auto name = field_of(credential, "username");
  if (!name) return name;
  const auto password = field_of(credential, "password");
  if (!password) return password;
  return *name + ':' + *password;
}

Outcome set_header(HttpRequest& request, const std::string& name, std::string value) {
  if (auto checked = check_header_name(name); !checked) return checked;
  if (auto checked = check_header_value(name, value); !checked) return checked;
  const auto is_same = [&](const HttpHeader& each) { return equal_but_for_case(each.name, name); };
  auto& headers = request.headers;
  const auto room = std::find_if(headers.begin(), headers.end(), is_same);
  if (room == headers.end()) {
    headers.push_back({name, std::move(value)});
    return Done{};
  }
  *room = {name, std::move(value)};
  headers.erase(std::remove_if(room + 1, headers.end(), is_same), headers.end());
  return Done{};
}

Outcome put_credential(HttpRequest& request, const IntegrationAuth& auth,
                       const Credential& credential, Redaction& redaction) {
  const auto put = [&](std::string_view prefix, std::string_view key) -> Outcome {
    const auto text = field_of(credential, key);
    if (!text) return text.error();
    return set_header(request, header_of(auth), std::string(prefix) + *text);
  };
  switch (auth.kind) {
    case Kind::none:
      return Done{};
    case Kind::bearer:
      return put("Bearer ", "token");
    case Kind::oauth2:
      return put("Bearer ", "accessToken");
    case Kind::header:
      return put("", "key");
    case Kind::basic: {
      const auto pair = basic_pair(credential);
      if (!pair) return pair.error();
      // An echo of it holds the password in another form than its own.
      redaction.add(*pair, "[authorization]");
      return set_header(request, header_of(auth), "Basic " + base64_encode(*pair));
    }
    case Kind::query: {
      const auto key = field_of(credential, "key");
      if (!key) return key.error();
      add_query(request.url, query_param(auth.name, *key));
      return Done{};
    }
  }
  return Done{};
}

}  // namespace

std::string header_of(const IntegrationAuth& auth) {
  switch (auth.kind) {
    case Kind::none:
    case Kind::query:
      return {};
    case Kind::bearer:
    case Kind::oauth2:
    case Kind::basic:
      return "Authorization";
    case Kind::header:
      return auth.name;
  }
  return {};
}

Outcome authorize(HttpRequest& request, const IntegrationAuth& auth, const Credential& credential,
                  Redaction& redaction) {
  redact(credential, redaction);
  auto done = put_credential(request, auth, credential, redaction);
  if (done) add_secrets(request, redaction);
  return done;
}

void redact(const Credential& credential, Redaction& redaction) {
  for (const auto& field : credential.fields) {
    // A user's name and times are no secrets, and may well stand in the response for other reasons.
    const std::string_view key = field.key();
    if (!field.value().is_string() || key == "username" || key.ends_with("At")) continue;
    redaction.add(field.value().get_string(), "[credential]");
  }
}

}  // namespace millrace
