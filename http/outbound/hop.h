#pragma once
// What is asked of one server, and how a redirect changes it. Pure: what goes along to another server
// is decided here, not by libcurl.

#include "http/outbound/form_body.h"
#include "http/outbound/outbound_url.h"
#include "runtime/outbound/http_caller.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

struct Hop {
  OutboundUrl url;
  std::string method;
  std::vector<HttpHeader> headers;
  SharedBytes body;
  std::shared_ptr<const FormBody> form;
  std::shared_ptr<const Redaction> secrets;  // of the request; null: none
};

/// The first hop of a call; takes method and body out of `request`. `boundary`: what separates the
/// parts of a form. Errors: those of `check_request` and `parse_outbound_url`.
Result<Hop> first_hop(HttpRequest& request, const std::string& boundary);

/// Whether the response sends the caller elsewhere.
bool is_redirect(const HttpResponse& response);

enum class Origin : std::uint8_t { same, other };
/// Turns `hop` into what follows from this redirect. When it leaves the origin, headers that prove who calls by their
/// names stay behind, and whatever holds one of the request's secrets. Errors: invalid_url; request_rejected (the
/// body, which would go along, holds one). The hop is as it was then.
Result<Origin> follow(Hop& hop, const HttpResponse& redirect);

}  // namespace millrace
