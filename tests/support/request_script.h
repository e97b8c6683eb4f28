#pragma once
// What other people's servers answer in tests, by step id: for requests what function_script.h is
// for functions. An answer depends on nothing but the request (step, what is sent, attempt), so
// that one repeated after a crash gets the same answer.

#include "runtime/base/json.h"
#include "runtime/outbound/http_caller.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace millrace {

struct ScriptedRequest {
  std::string step;
  HttpRequest request;
  std::uint32_t attempt = 1;  // of this page
};

using RequestRule = std::function<HttpOutcome(const ScriptedRequest&)>;

// --- rules
// ------------------------------------------------------------------------------------------
/// A body of application/json.
RequestRule answering(int status, const Json& body, std::vector<HttpHeader> headers = {});
/// Any body; `type` empty: no Content-Type.
RequestRule answering_bytes(int status, const std::string& type, std::string bytes,
                            std::vector<HttpHeader> headers = {});
RequestRule failing_request(ErrorCode code, std::string message);
/// Does `first` for the first `attempts` attempts at a page and then `then`.
RequestRule first_attempts(std::uint32_t attempts, RequestRule first, RequestRule then);
/// Does `then` where the URL contains `text`, otherwise `otherwise`.
RequestRule when_url_has(std::string text, RequestRule then, RequestRule otherwise);
/// Answers 200 with what was sent, as `shown_request` shows it, key included.
RequestRule echoing_request();

class RequestScript {
 public:
  /// Replaces the rule of the step. A step without a rule is answered 200 with {}.
  RequestScript& on(const std::string& step, RequestRule rule);
  HttpOutcome answer(const ScriptedRequest& request) const;

 private:
  std::map<std::string, RequestRule> rules_;
};

/// {"method", "url", "headers": {...}, "body"}. The body is JSON where the Content-Type says so, a
/// string, {"hex": "..."} for what is no text, or a list of parts; absent when there is none.
/// Client credentials and the idempotency key are left out.
JsonObject shown_request(const HttpRequest& request);

/// The value of the Idempotency-Key header; empty if there is none.
std::string idempotency_key_of(const HttpRequest& request);
/// The step's id, out of the idempotency key "<execution>:<step>.<index>:<page>".
std::string step_of(const HttpRequest& request);

}  // namespace millrace
