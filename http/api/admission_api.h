#pragma once
// What waits for a workflow's `admission`.

#include "actors/runs/trigger_reply.h"
#include "http/api/route.h"
#include "runtime/base/json.h"

namespace millrace {

/// {"status": "WAITING" | "SKIPPED", "admission": "debounce", "waitsUntil": time | null, "waitsFor": execution | null}
JsonObject shown(const HeldBack& held);

/// {"dateReceived", "triggers", "waitedFor": ["debounce", …]}
JsonObject shown(const AdmittedStart& admitted);

/// GET …/workflows/{w}/admission?user=
Result<Reply> list_admission(const ApiCall& call, ApiServices& services);

extern const RouteGroup admission_routes;

}  // namespace millrace
