#include "runtime/integrations/connect_request.h"

#include "runtime/integrations/authorize_request.h"
#include "runtime/integrations/own_url.h"
#include "runtime/oauth/oauth_client.h"
#include "runtime/requests/pages.h"
#include "runtime/requests/web_links.h"
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

/// A whole URL that is not the integration's.
std::string why_not_own(const Integration& integration) {
  const std::string quoted = '"' + integration.type + '"';
  if (integration.hosts.empty()) {
    return "\"path\" is relative to the base URL of " + quoted + " and cannot be a whole URL";
  }
  return "\"path\" is a whole URL, neither below the base URL of " + quoted +
         " nor over https at one of its `hosts`";
}

/// Under the header's own name and still empty: so it has its place among the others, and what the
/// definition says under that name is gone.
void make_room(RequestValues& values, const IntegrationAuth& auth) {
  if (auth.kind == IntegrationAuth::Kind::none) return;
  if (values.authorization != AuthKind::none) return;  // the request's own
  const std::string header = header_of(auth);
  values.authorization = header.empty() ? AuthKind::none : AuthKind::header;
  values.authorization_values = JsonObject{{"name", header}, {"value", ""}};
}

Outcome follow_page_url(RequestValues& values, const Json& url, const Integration* integration,
                        const Json& base_url) {
  const auto first = url_text("\"url\"", values.url);
  if (!first) return first.error();
  const auto given = url_text("the next page's URL", url);
  if (!given) return given.error();
  const std::string next = resolve_url(*first, *given);
  if (integration == nullptr) {
    const auto scheme = first->find("://");
    const auto path = first->find_first_of("/?#", scheme == std::string::npos ? 0 : scheme + 3);
    if (!is_own_url(next, first->substr(0, path), {})) {
      return Error(ErrorCode::invalid_url,
                   "blocked_host: the next page's URL leads to another server than the request's");
    }
  } else {
    const auto base = url_text("the base URL", base_url);
    if (!base) return base.error();
    if (!is_own_url(next, *base, integration->hosts)) {
      return Error(ErrorCode::invalid_url,
                   "blocked_host: the next page's URL is neither below the base URL of \"" +
                       integration->type + "\" nor over https at one of its `hosts`");
    }
  }
  const auto path = next.find('/', next.find("://") + 3);
  if (path != std::string::npos && leaves_base(std::string_view(next).substr(path))) {
    return Error(ErrorCode::invalid_url,
                 "the next page's URL must not hold the segments \".\" or \"..\"");
  }
  values.url = next;
  values.params = nullptr;
  return Done{};
}

}  // namespace

Outcome connect_request(RequestValues& values, const Integration& integration,
                        const Json& base_url) {
  auto base = url_text("the base URL of \"" + integration.type + '"', base_url);
  if (!base) return base.error();
  const auto& client = integration.auth.oauth;
  if (client != nullptr && client->is_base_host_kept && !is_own_url(*base, "", integration.hosts)) {
    return Error(ErrorCode::invalid_url, "the base URL of \"" + integration.type +
                                             "\" leads to a host that is none of its `hosts`, or "
                                             "not over https");
  }
  const auto path = url_text("\"path\"", values.url);
  if (!path) return path.error();
  // The credential is for the integration's own hosts.
  const bool is_whole = path->find("://") < path->find_first_of("/?#");
  if (is_whole && !is_own_url(*path, *base, integration.hosts)) {
    return Error(ErrorCode::invalid_url, why_not_own(integration));
  }
  if (leaves_base(*path)) {
    return Error(ErrorCode::invalid_url,
                 "\"path\" must not hold the segments \".\" or \"..\": it "
                 "stays below the base URL of \"" +
                     integration.type + '"');
  }
  while (base->ends_with('/')) base->pop_back();
  const bool needs_slash = !path->empty() && path->front() != '/' && path->front() != '?';
  values.url = is_whole ? *path : *base + (needs_slash ? "/" : "") + *path;
  make_room(values, integration.auth);
  return Done{};
}

void add_default_headers(RequestValues& values, const Json& headers) {
  const auto* const defaults = headers.if_object();
  if (defaults == nullptr || defaults->empty()) return;
  if (values.headers.is_null()) values.headers = JsonObject();
  auto* const own = values.headers.if_object();
  if (own == nullptr) return;  // refused when it is sent
  for (const auto& each : *defaults) {
    const bool is_own = std::any_of(own->begin(), own->end(), [&](const auto& header) {
      return equal_but_for_case(header.key(), each.key());
    });
    if (!is_own) own->emplace(each.key(), each.value());
  }
}

Outcome follow_pages(RequestValues& values, const std::optional<Pagination>& pagination,
                     const PageProgress& so_far, const Integration* integration,
                     const Json& base_url) {
  const bool is_led =
      pagination && so_far.pages > 0 &&
      (pagination->next == Pagination::Next::url || pagination->next == Pagination::Next::link);
  return is_led ? follow_page_url(values, so_far.next_token, integration, base_url)
                : Outcome(Done{});
}

}  // namespace millrace
