#pragma once
// Which headers a request carries. Framing is ours (Content-Length, Connection, ...): a header of
// that kind is left out, because it would let a workflow's author smuggle a second request into a
// shared connection.

#include "runtime/outbound/http_caller.h"

namespace millrace {

/// Error invalid_parameters names the header (or the method, or the form part) that HTTP cannot carry.
Outcome check_request(const HttpRequest& request);

/// What is sent for the caller's headers: without those of the framing.
std::vector<HttpHeader> sendable_headers(const std::vector<HttpHeader>& headers);

/// What may go to another origin after a redirect: nothing that proves who the caller is by its name, and nothing whose
/// value holds one of `secrets` (null: there are none).
std::vector<HttpHeader> headers_for_other_origin(const std::vector<HttpHeader>& headers,
                                                 const Redaction* secrets);

/// What remains after a POST became a GET: nothing that speaks about a body.
std::vector<HttpHeader> headers_without_body(const std::vector<HttpHeader>& headers);

/// Sets the header, in place of any other of that name.
void replace_header(std::vector<HttpHeader>& headers, std::string_view name, std::string value);

bool has_header(const std::vector<HttpHeader>& headers, std::string_view lower_name);

}  // namespace millrace
