#include "http/api/stream_api.h"

#include "http/api/api_call.h"
#include "http/api/live_stream.h"

namespace millrace {
namespace {

Result<Reply> stream_history(const ApiCall& call, ApiServices& services) {
  LiveStream::Filter filter;
  if (auto workflow = call.query_value("workflowId")) filter.workflow = WorkflowId(*workflow);
  if (const auto execution = call.query_value("executionId")) {
    filter.execution = ExecutionId::parse(*execution);
    if (!filter.execution) {
      return Error(ErrorCode::invalid_request,
                   "the query parameter executionId is the id of an execution");
    }
  }
  auto seat = services.live_feed.take_seat(call.project, filter.execution);
  if (!seat) return seat.error();
  const auto stream =
      std::make_shared<LiveStream>(services.live_feed, std::move(*seat), services.clock,
                                   std::move(filter), call.http.get_header_value("Last-Event-ID"));
  Reply reply;
  reply.content_type = "text/event-stream";
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would keep it until it is whole
  reply.stream = StreamedBody{
      std::nullopt, [stream](const StreamedBody::Write& write) { return stream->next(write); }};
  return reply;
}

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/task-history/stream",
     .operation = "streamHistory",
     .summary = "What happens to runs, as server-sent events",
     .access = Access::project_key,
     .handler = &stream_history,
     .rate = Rate::history,
     .parameters = {project_in_path,
                    {"workflowId", "string", "Only runs of this workflow."},
                    {"executionId", "string", "Only this run, and its steps."},
                    {"Last-Event-ID", "string", "Goes on behind the message with this `id`.",
                     RouteParameter::In::header}},
     .answers = {{200, "Events `execution`, `step` and `gap`; it ends after 50 s.", "string",
                  "text/event-stream"},
                 {429, "The project has as many streams open as it may have.", "Error"}}},
};

}  // namespace

constinit const RouteGroup stream_routes{"Live stream", "What happens to runs, as it happens.",
                                         routes};

}  // namespace millrace
