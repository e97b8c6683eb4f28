#pragma once
// The messages of the OAuth 2.0 client credentials grant (RFC 6749, 4.4): what is sent to a token
// server and what its answer means. Pure; sending is the caller's.

#include "runtime/outbound/http_caller.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Where the client's secret stands (RFC 6749, 2.3.1).
enum class ClientAuthentication : std::uint8_t { header, body };

/// What is posted to the token server.
struct TokenServerRequest {
  std::vector<HttpHeader> headers;
  SharedBytes body;
};
TokenServerRequest token_request(const ClientCredentials& credentials, ClientAuthentication how);

struct TokenGrant {
  std::string token;
  std::chrono::seconds lifetime{};
};

/// Errors: authorization_failed with the server's reason where it is short and printable;
/// bad_response when the server is busy or broken (429, 5xx), which may get better.
Result<TokenGrant> read_token_grant(const HttpResponse& response, const std::string& host);

/// True when the server knows no client authentication by header: the body is worth a try.
bool refuses_client(const HttpResponse& response);

}  // namespace millrace
