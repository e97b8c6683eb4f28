#include "http/outbound/hop.h"

#include "http/outbound/request_headers.h"

#include <utility>

namespace millrace {
namespace {

/// As browsers do (WHATWG fetch): 303 asks for the result by GET, 301 and 302 turn a POST into one.
bool becomes_get(int status, const std::string& method) {
  if (status == 303) return method != "GET" && method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
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
  if (origin == Origin::other) hop.headers = headers_for_other_origin(hop.headers);
  if (becomes_get(redirect.status, hop.method)) {
    hop.method = "GET";
    hop.body = nullptr;
    hop.form = nullptr;
    hop.headers = headers_without_body(hop.headers);
  }
  hop.url = std::move(*target);
  return origin;
}

}  // namespace millrace
