#pragma once
// Port: requests to other people's servers whose answers are passed on as they arrive (response_stream.h), beside
// those whose answers are waited for whole (http_caller.h). `http/outbound` implements both in one.

#include "runtime/outbound/http_caller.h"
#include "runtime/outbound/response_stream.h"

#include <memory>

namespace millrace {

class HttpStreams {
 public:
  using CallId = HttpCaller::CallId;

  virtual ~HttpStreams() = default;

  /// Starts the call and returns at once. The answer goes to `into`, whose end is told exactly once; its body as the
  /// peer sends it, still compressed, and of any size. Redirects are answers; `client_credentials` are not for these.
  /// Asked over HTTP/1.1, so that a peer that has to wait holds up nobody else on a shared connection.
  virtual CallId open(HttpRequest request, std::shared_ptr<ResponseStream> into) = 0;
  /// There is room again for a peer that waits.
  virtual void resume(CallId call) = 0;
  /// Ends the answer with `cancelled` and closes the connection to the peer; nothing if it has ended.
  virtual void cancel(CallId call) = 0;
};

}  // namespace millrace
