#pragma once
// The other servers of a project test: requests are answered from the test's mocks and never leave the
// process. Which request is whose is known by the step that sends it.

#include "runtime/base/json.h"
#include "runtime/outbound/http_caller.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct MockedAnswer {
  /// Set: only for requests that have all this ({"method", "url", "headers", "body"}; in a URL, * stands
  /// for anything).
  std::optional<JsonObject> request;
  std::optional<ErrorCode> failure;  // instead of a response
  int status = 200;
  std::vector<HttpHeader> headers;  // names in lower case
  SharedBytes body;                 // never null
};

/// Those with a `request`: the first that fits, as often as it does. The others: one after the other, the
/// last one from then on.
using MockedAnswers = std::vector<MockedAnswer>;

class MockedPeers final : public HttpCaller {
 public:
  /// From now on; what was sent is forgotten.
  void begin(std::map<std::string, MockedAnswers> mocks);
  /// What each step has sent: [{"method", "url", "headers", "body"}].
  JsonObject sent() const;

  /// A step without a mock gets `connection_failed`, which says so.
  CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) override;
  void cancel(CallId) override {}  // every call has been answered
  void stop() override {}

 private:
  HttpOutcome answer(const std::string& step, const JsonObject& shown);

  mutable std::mutex mutex_;
  std::map<std::string, MockedAnswers> mocks_;
  std::map<std::string, std::size_t> next_;  // of the answers without `request`, by step
  std::map<std::string, JsonArray> sent_;
  CallId last_id_ = 0;
};

}  // namespace millrace
