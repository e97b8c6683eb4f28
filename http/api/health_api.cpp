#include "http/api/health_api.h"

#include "actors/gateway/gateway.h"
#include "http/api/routes.h"

namespace millrace {

Result<Reply> about(const ApiCall&, ApiServices&) {
  JsonArray list;
  for (const auto& route : all_routes()) {
    list.emplace_back(std::string(route.method) + " " + std::string(route.pattern));
  }
  return json_reply(200, JsonObject{{"name", "Millrace"},
                                    {"what", "a durable workflow runtime"},
                                    {"docs", "docs/http.md in the source tree"},
                                    {"routes", std::move(list)}});
}

Result<Reply> is_alive(const ApiCall&, ApiServices&) {
  return json_reply(200, JsonObject{{"status", "alive"}});
}

Result<Reply> is_ready(const ApiCall&, ApiServices& services) {
  if (services.gateway.is_ready()) return json_reply(200, JsonObject{{"status", "ready"}});
  return Error(ErrorCode::overloaded, "the server is starting and takes no work yet");
}

Result<Reply> metrics(const ApiCall&, ApiServices& services) {
  MetricsText text;
  if (services.write_metrics) services.write_metrics(text);
  Reply reply;
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  reply.body = text.text();
  return reply;
}

}  // namespace millrace
