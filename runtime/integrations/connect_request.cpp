#include "runtime/integrations/connect_request.h"

#include "runtime/integrations/authorize_request.h"
#include "runtime/text/ascii_text.h"

#include <algorithm>
#include <string>

namespace millrace {
namespace {

using AuthKind = RequestAuthorization::Kind;

/// Strings as they are, numbers and booleans as JSON writes them.
Result<std::string> url_text(const std::string& field, const Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_structured() && !value.is_null()) return to_text(value);
  return Error(ErrorCode::invalid_url,
               field + " must be text, got " + std::string(kind_name(value)));
}

/// True for dot segments (RFC 3986, 5.2.4), also percent-encoded ones: whoever reads the path may
/// resolve them, to above the base URL.
bool leaves_base(std::string_view path) {
  std::string plain = lower_case(path.substr(0, path.find_first_of("?#")));
  for (auto at = plain.find("%2e"); at != std::string::npos; at = plain.find("%2e", at)) {
    plain.replace(at, 3, ".");
  }
  std::replace(plain.begin(), plain.end(), '\\', '/');  // some servers read it as a slash
  plain = '/' + plain + '/';
  return plain.find("/./") != std::string::npos || plain.find("/../") != std::string::npos;
}

/// Under the header's own name and still empty: so it has its place among the others, and what the
/// definition says under that name is gone.
void make_room(RequestValues& values, const IntegrationAuth& auth) {
  if (auth.kind == IntegrationAuth::Kind::none) return;
  const std::string header = header_of(auth);
  values.authorization = header.empty() ? AuthKind::none : AuthKind::header;
  values.authorization_values = JsonObject{{"name", header}, {"value", ""}};
}

}  // namespace

Outcome connect_request(RequestValues& values, const Integration& integration,
                        const Json& base_url) {
  auto base = url_text("the base URL of \"" + integration.type + '"', base_url);
  if (!base) return base.error();
  const auto path = url_text("\"path\"", values.url);
  if (!path) return path.error();
  // The credential is for the integration's own host.
  if (path->find("://") < path->find_first_of("/?#")) {
    return Error(ErrorCode::invalid_url, "\"path\" is relative to the base URL of \"" +
                                             integration.type + "\" and cannot be a whole URL");
  }
  if (leaves_base(*path)) {
    return Error(ErrorCode::invalid_url,
                 "\"path\" must not hold the segments \".\" or \"..\": it "
                 "stays below the base URL of \"" +
                     integration.type + '"');
  }
  while (base->ends_with('/')) base->pop_back();
  const bool needs_slash = !path->empty() && path->front() != '/' && path->front() != '?';
  values.url = *base + (needs_slash ? "/" : "") + *path;
  make_room(values, integration.auth);
  return Done{};
}

}  // namespace millrace
