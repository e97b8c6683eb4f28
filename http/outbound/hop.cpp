#include "http/outbound/hop.h"

#include "http/outbound/request_headers.h"
#include "runtime/secrets/redaction.h"

#include <utility>

namespace millrace {
namespace {

/// As browsers do (WHATWG fetch): 303 asks for the result by GET, 301 and 302 turn a POST into one.
bool becomes_get(int status, const std::string& method) {
  if (status == 303) return method != "GET" && method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
}

/// Of the body; the values of headers are looked at one by one.
bool holds_secret(const Hop& hop) {
  if (hop.secrets == nullptr) return false;
  if (hop.form != nullptr) return hop.form->holds_any(*hop.secrets);
  return hop.body != nullptr && hop.secrets->finds_any(*hop.body);
}

}  // namespace

Result<Hop> first_hop(HttpRequest& request, const std::string& boundary) {
  if (auto checked = check_request(request); !checked) return checked.error();
  auto url = parse_outbound_url(request.url);
  if (!url) return url.error();
  Hop hop;
  hop.url = std::move(*url);
  hop.method = std::move(request.method);
  hop.headers = sendable_headers(request.headers);
  hop.body = std::move(request.body);
  hop.secrets = request.secrets;
  if (!request.parts.empty()) {
    hop.form = std::make_shared<const FormBody>(request.parts, boundary);
    replace_header(hop.headers, "Content-Type", hop.form->content_type());
  }
  return hop;
}

bool is_redirect(const HttpResponse& response) {
  const std::string* const location = response.header("location");
  if (location == nullptr || location->empty()) return false;
  switch (response.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return true;
    default:
      return false;
  }
}

Result<Origin> follow(Hop& hop, const HttpResponse& redirect) {
  auto target = follow_location(hop.url, *redirect.header("location"));
  if (!target) return target.error();
  const Origin origin = target->same_origin(hop.url) ? Origin::same : Origin::other;
  const bool loses_body = becomes_get(redirect.status, hop.method);
  if (origin == Origin::other) {
    if (!loses_body && holds_secret(hop)) {
      return Error(
          ErrorCode::request_rejected,
          hop.url.shown() + " redirects to " + target->shown() +
              ", but the body holds a secret, which goes to no other origin; if it is meant to "
              "go there, let the request's URL say so");
    }
    hop.headers = headers_for_other_origin(hop.headers, hop.secrets.get());
  }
  if (loses_body) {
    hop.method = "GET";
    hop.body = nullptr;
    hop.form = nullptr;
    hop.headers = headers_without_body(hop.headers);
  }
  hop.url = std::move(*target);
  return origin;
}

}  // namespace millrace
