#pragma once
// Port: sends HTTP requests to other people's servers. `http/outbound` implements it with libcurl;
// tests script it. The caller promises exactly one answer for each call, whatever the peer does.

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/limits.h"
#include "runtime/base/result.h"
#include "runtime/files/file_value.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

class Redaction;

struct HttpHeader {
  std::string name;
  std::string value;
  bool operator==(const HttpHeader&) const = default;
};

/// One part of a multipart/form-data body (RFC 7578).
struct FormPart {
  std::string name;
  std::string file_name;  // empty: a plain field
  std::string type;       // empty: none is sent
  SharedBytes bytes;
};

/// OAuth 2.0 client credentials grant (RFC 6749, 4.4). The caller fetches the token, keeps it until
/// shortly before it expires, and fetches a new one once when a request is answered 401.
struct ClientCredentials {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::string scope;  // space-separated; empty: not sent
  bool operator==(const ClientCredentials&) const = default;
};

struct HttpRequest {
  ProjectId project;   // whose turn it is when calls have to wait
  std::string step;    // the id of the step that asks
  std::string method;  // upper case
  std::string url;     // absolute, http or https, percent-encoded
  std::vector<HttpHeader> headers;
  SharedBytes body;             // null: none
  std::vector<FormPart> parts;  // not empty: the body is multipart/form-data made of these
  std::optional<ClientCredentials> client_credentials;
  /// From its turn to the last byte, token included.
  Millis timeout = limits::request_time_max;
  std::size_t response_bytes_max = limits::response_bytes_max;
  int redirects_max = limits::redirects_max;
  UserId user{};  // whose turn it is within the project
  /// What in it is a secret, and goes to no other origin (request_secrets.h); null: nothing.
  std::shared_ptr<const Redaction> secrets{};
};

struct HttpResponse {
  int status = 0;  // the final one, after redirects
  /// In the order of their arrival, names in lower case, valid UTF-8, of the final response only.
  std::vector<HttpHeader> headers;
  /// Never null. Decompressed, but for a partial response (206) and encodings that the request asked for itself.
  SharedBytes body;
  /// The access tokens that were sent along for `client_credentials`, for whoever must not show them.
  std::vector<std::string> tokens = {};

  /// The first header of that (lower-case) name; null if there is none.
  const std::string* header(std::string_view name) const {
    for (const HttpHeader& each : headers) {
      if (each.name == name) return &each.value;
    }
    return nullptr;
  }
};

/// A response of any status is an answer. Errors: invalid_url (also of a redirect), blocked_address,
/// connection_failed, tls_failed, step_timeout, response_too_large, too_many_redirects, bad_response
/// (cut off, not HTTP, wrong length, broken compression), authorization_failed (no token to be had),
/// overloaded (too many wait, or it waited too long), cancelled, request_rejected (it would have to take a secret
/// in its body to another origin). Messages name the host, never a query,
/// header, token or body.
using HttpOutcome = Result<HttpResponse>;

class HttpCaller {
 public:
  using CallId = std::uint64_t;

  virtual ~HttpCaller() = default;

  /// Starts the call and returns at once. `done` is called exactly once, from a thread of the caller;
  /// it must be quick and must not block. It may be called before `call` returns.
  virtual CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) = 0;

  /// Answers the call with `cancelled` and closes its connection; nothing if it was answered already.
  virtual void cancel(CallId call) = 0;

  /// Answers every outstanding call with `overloaded` and refuses further ones likewise. When it
  /// returns, no `done` is called any more and all of them have been destroyed.
  virtual void stop() = 0;
};

}  // namespace millrace
