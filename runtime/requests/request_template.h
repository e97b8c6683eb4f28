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
  std::vector<PathSegment> output;      // where a page's array lies, below {"response": ...}
  std::vector<PathSegment> page_token;  // where the next page's token lies
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
  RequestAuthorization authorization;
  std::optional<Pagination> pagination;
};

/// Every template in it, for linking.
std::vector<Template*> templates_of(RequestTemplate& request);

}  // namespace millrace
