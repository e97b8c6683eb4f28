#include "http/api/audit_api.h"

#include "actors/tenants/audit_log.h"
#include "http/api/log_query.h"

namespace millrace {
namespace {

constexpr std::size_t page_size = 100;

JsonObject shown(const storage::AuditRow& row) {
  auto target = parse_json(row.target);
  return {{"at", to_text(row.at)},
          {"operation", row.operation},
          {"by", row.by},
          {"target", target ? std::move(*target) : Json(JsonObject())},
          {"status", row.status}};
}

Result<Reply> list_audit(const ApiCall& call, ApiServices& services) {
  storage::AuditQuery query;
  query.project = call.project;
  query.limit = page_size;
  query.operation = call.query_value("operation").value_or("");
  auto since = read_since(call);
  if (!since) return since.error();
  query.since = *since;
  auto after = read_after(call);
  if (!after) return after.error();
  query.after = *after;
  const auto page = services.audit_log.list(query);
  if (!page) return page.error();
  JsonArray entries;
  for (const auto& row : page->entries) entries.push_back(shown(row));
  return json_reply(200, JsonObject{{"audit", std::move(entries)}, {"next", next_of(page->next)}});
}

constexpr Route routes[]{
    {.method = "GET",
     .pattern = "/projects/{project}/audit",
     .operation = "listAudit",
     .summary = "Who changed what, newest first",
     .access = Access::project_or_admin,
     .handler = &list_audit,
     .parameters = {project_in_path,
                    {"operation", "string", "Only of this operation, by its `operationId`."},
                    {"since", "date", "Only from this time on."},
                    {"after", "string", "Goes on behind the page whose `next` this is."}},
     .answers = {{200, "A page; `next` is null when that was all.",
                  "{audit: [AuditEntry], next: string|null}"}}},
};

constexpr NamedShape shapes[]{
    {"AuditEntry",
     "{at: date, operation: string, by: \"apiKey\"|\"adminKey\", target: {[name]: string}, status: "
     "integer}",
     "A change that was made with a key; `target` has what the path names, of a user the digest."},
};

}  // namespace

constinit const RouteGroup audit_routes{"Audit", "Who changed what.", routes, shapes};

}  // namespace millrace
