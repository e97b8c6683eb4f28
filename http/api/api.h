#pragma once
// The API: takes a request through route, authentication, rate and handler to its answer. The
// server's one handler. Made by compose, outlives the server. Thread-safe.

#include "http/api/api_call.h"
#include "http/api/request_rate.h"
#include "http/api/routes.h"
#include "http/auth/authenticate.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace millrace {

class Api {
 public:
  Api(ApiServices services, std::string_view admin_key);
  ~Api();

  void handle(const httplib::Request& request, httplib::Response& response);
  /// Why this request, whose body has not arrived, need not be waited for: who sends it may not.
  std::optional<HttpServer::Refusal> refusal_of(const httplib::Request& request);

 private:
  Result<Reply> answer(const httplib::Request& request, RouteMatch match);
  Outcome let_in(const Route& route, ApiCall& call);
  Outcome check_rate(const Route& route, const ApiCall& call);
  /// In the audit log, if it is one.
  void note_change(const Route& route, const ApiCall& call, const Reply& reply);
  void count(const Route* route, int status);
  void write_metrics(MetricsText& metrics) const;

  static constexpr std::size_t status_classes = 5;  // 1xx to 5xx

  ApiServices services_;
  Authenticate authenticate_;
  RequestRate history_rate_{Millis(600'000)};
  /// Answers by route (the last row: no route) and class of status.
  std::unique_ptr<std::atomic<std::uint64_t>[]> answers_;
};

}  // namespace millrace
