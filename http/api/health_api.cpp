#include "http/api/health_api.h"

#include "actors/gateway/gateway.h"
#include "http/api/openapi.h"
#include "http/api/routes.h"
#include "runtime/base/version.h"

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

Result<Reply> describe_api(const ApiCall&, ApiServices&) {
  static const std::string document = to_text(openapi_document(route_groups()));
  Reply reply;
  reply.body = document;
  return reply;
}

Result<Reply> is_alive(const ApiCall&, ApiServices&) {
  return json_reply(200, JsonObject{{"status", "alive"}, {"version", program_version}});
}

Result<Reply> is_ready(const ApiCall&, ApiServices& services) {
  if (!services.gateway.is_ready()) {
    return Error(ErrorCode::overloaded, "the server is starting and takes no work yet");
  }
  if (services.takes_commits) {
    if (auto taken = services.takes_commits(); !taken) return taken.error();
  }
  return json_reply(200, JsonObject{{"status", "ready"}});
}

Result<Reply> metrics(const ApiCall&, ApiServices& services) {
  MetricsText text;
  if (services.write_metrics) services.write_metrics(text);
  Reply reply;
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  reply.body = text.text();
  return reply;
}

namespace {

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/",
     .operation = "about",
     .summary = "What this is, and every route",
     .handler = &about,
     .answers = {{200, "The server.",
                  "{name: string, what: string, docs: string, routes: [string]}"}}},
    {.method = "GET",
     .pattern = "/openapi.json",
     .operation = "describeApi",
     .summary = "This description",
     .handler = &describe_api,
     .answers = {{200, "OpenAPI 3.1.", "object"}}},
    {.method = "GET",
     .pattern = "/healthz",
     .operation = "isAlive",
     .summary = "Whether the process answers",
     .handler = &is_alive,
     .answers = {{200, "It lives.", "{status: \"alive\", version: string}"}}},
    {.method = "GET",
     .pattern = "/readyz",
     .operation = "isReady",
     .summary = "Whether new work is taken",
     .handler = &is_ready,
     .answers = {{200, "It is.", "{status: \"ready\"}"},
                 {503, "The server starts or drains.", "Error"}}},
    {.method = "GET",
     .pattern = "/metrics",
     .operation = "readMetrics",
     .summary = "The server's metrics",
     .handler = &metrics,
     .answers = {{200, "Prometheus text, version 0.0.4.", "string", "text/plain"}}},
};

}  // namespace

constinit const RouteGroup server_routes{"Server", "The server about itself; names no tenant.",
                                         routes};

}  // namespace millrace
