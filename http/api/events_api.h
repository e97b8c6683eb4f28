#pragma once
// App events: what a project's application may send (the project's key), sending one (a user's token), and
// the event log, which says why something that came in started nothing.

#include "http/api/api_call.h"
#include "http/api/route.h"

namespace millrace {

extern const RouteGroup event_routes;

/// GET …/events : `{"events": [{"name","schema","dateUpdated"}]}`.
Result<Reply> list_events(const ApiCall& call, ApiServices& services);
/// PUT …/events/{name} `{"schema": …}` : 201 when it is new, 200 when replaced.
Result<Reply> put_event(const ApiCall& call, ApiServices& services);
/// GET …/events/{name}.
Result<Reply> get_event(const ApiCall& call, ApiServices& services);
/// DELETE …/events/{name} : 204; workflows that listen to it stay.
Result<Reply> delete_event(const ApiCall& call, ApiServices& services);

/// POST …/sdk/events/trigger `{"name","payload"}` : 201 with the ids of the runs that it started, which are
/// durable; 404 for a name that the project does not have.
Result<Reply> trigger_event(const ApiCall& call, ApiServices& services);

/// GET …/event-logs?level&type&userId&workflowId&since&after, newest first.
Result<Reply> list_event_logs(const ApiCall& call, ApiServices& services);

}  // namespace millrace
