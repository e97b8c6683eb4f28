#pragma once
// GET /projects/{p}/task-history/stream: what happens to runs, as it happens (live_stream.h).

#include "http/api/route.h"

namespace millrace {

extern const RouteGroup stream_routes;

}  // namespace millrace
