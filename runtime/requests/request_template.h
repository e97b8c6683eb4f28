#pragma once
// An outgoing request as a definition writes it, compiled: what a request step, an integration
// request and an integration's action have in common.

#include "runtime/conditions/condition.h"
#include "runtime/templates/template.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

enum class BodyKind : std::uint8_t {
  none,
  json,             // any value
  form_data,        // an object; file objects become file parts
  form_urlencoded,  // an object
  xml,              // text
  raw,              // text, or a file object's bytes
  graphql,          // {"query", "variables", "operationName"}, or the query as text
  related,          // {"metadata", "file"}: multipart/related (composed_body.h)
  mime,             // an e-mail (composed_body.h)
};

/// How nested values stand in a body of `x-www-form-urlencoded`.
enum class FormStyle : std::uint8_t {
  json,      // as JSON text; an array repeats its key
  brackets,  // `a[b]=c`, `items[0][price]=p`
};

struct RequestAuthorization {
  enum class Kind : std::uint8_t {
    none,
    bearer,              // token
    basic,               // username, password
    header,              // name, value
    query,               // name, value
    client_credentials,  // tokenUrl, clientId, clientSecret, scope
  };
  Kind kind = Kind::none;
  Template values;  // an object with these keys
};

/// Asks for page after page; `{{self.pageToken}}` is null in the first request.
struct Pagination {
  /// What leads from a page to the next one.
  enum class Next : std::uint8_t {
    token,  // a value that the next request is made with
    url,    // the next request's URL, in the response
    link,   // likewise, in its header `Link` with `rel="next"` (RFC 8288)
    more,   // whether there is one; `self.offset` or `self.page` say which
  };
  std::vector<PathSegment> output;  // where a page's array lies, below {"response": ...}
  Next next = Next::token;
  std::vector<PathSegment> page_token;  // where token, URL or `more` lies; of a link empty
  ConditionGroups stop_when;            // over `self`; empty: only an absent token ends it
  std::vector<PathSegment> unique_by;   // of two items with the same value here the first is kept
  std::uint32_t pages_max = 0;
  /// The definition has a `max`: to stop there is what its author wants.
  bool has_own_max = false;
};

struct RequestTemplate {
  std::string method;  // upper case
  Template url;        // with an integration: a path below its base URL
  Template params;     // an object; null values are left out, arrays repeat the key
  Template headers;    // an object; null values are left out
  BodyKind body_kind = BodyKind::none;
  Template body;
  FormStyle form_style = FormStyle::json;
  std::string
      message_member;  // of `mime`: the member of the JSON body that is the e-mail; empty: none
  RequestAuthorization authorization;
  std::optional<Pagination> pagination;
};

/// Every template in it, for linking.
std::vector<Template*> templates_of(RequestTemplate& request);

}  // namespace millrace
