#pragma once
// What the audit log says of a call. Names that stand in the path are its target; a user's is told by its digest, so
// that whoever has the name can find it, and erasing the user leaves nothing of it here.

#include "actors/tenants/audit_log.h"
#include "http/api/route.h"

#include <optional>
#include <string>

namespace millrace {

/// Nothing: the call changes nothing, or belongs to one user. What makes a project is the first entry of its log.
std::optional<AuditEntry> audit_entry(const Route& route, const ApiCall& call, const Reply& reply,
                                      bool is_admin);

}  // namespace millrace
