#include "http/api/audit.h"

#include "http/api/api_call.h"
#include "runtime/digests/sha256.h"
#include "runtime/text/hex_text.h"

namespace millrace {
namespace {

constexpr std::size_t name_bytes_max = 300;

std::string digest_of(const std::string& name) { return "sha256:" + to_hex(sha256(name)); }

bool is_of_keys(const Route& route, const ApiCall& call) {
  switch (route.access) {
    case Access::admin_key:
    case Access::project_key:
    case Access::project_or_admin:
      return true;
    case Access::project_key_or_user:
      return call.user.empty();
    default:
      return false;
  }
}

}  // namespace

std::optional<AuditEntry> audit_entry(const Route& route, const ApiCall& call, const Reply& reply,
                                      bool is_admin) {
  const bool is_try = route.only_tries || reply.has_only_tried ||
                      (!route.only_tries_with.empty() && call.query_value(route.only_tries_with) ==
                                                             std::optional<std::string>("true"));
  const ProjectId& project = call.project.empty() ? reply.made_project : call.project;
  const bool is_change = route.method != "GET" && !is_try && reply.status < 400 &&
                         !project.empty() && is_of_keys(route, call);
  if (!is_change) return std::nullopt;
  AuditEntry entry{
      project, std::string(route.operation), is_admin ? "adminKey" : "apiKey", {}, reply.status};
  for (const auto& [name, value] : call.path_values) {
    if (name == "project") continue;
    entry.target[name] = name == "user" ? digest_of(value) : value.substr(0, name_bytes_max);
  }
  return entry;
}

}  // namespace millrace
