#include "http/api/bulk_order.h"

#include "actors/gateway/replay_limits.h"
#include "http/api/history_query.h"
#include "http/api/idempotency_header.h"
#include "runtime/reading/findings.h"
#include "runtime/text/nearest_name.h"
#include "runtime/text/percent_text.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
namespace {

/// How long a request waits for the end of its job. Beyond: 202.
constexpr Millis bulk_patience{10'000};

Result<std::vector<ExecutionId>> read_ids(const Json& ids) {
  const auto* const list = ids.if_array();
  if (list == nullptr || list->empty() || list->size() > limits::bulk_ids_max) {
    return wrong_member("ids", "must be a list of 1 to " + std::to_string(limits::bulk_ids_max) +
                                   " executions: use a `filter` for more");
  }
  std::vector<ExecutionId> executions;
  std::set<ExecutionId> seen;
  std::vector<ErrorDetail> findings;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* const text = (*list)[i].if_string();
    const auto id = text == nullptr ? std::nullopt : ExecutionId::parse(*text);
    if (!id) {
      findings.push_back(finding_at({}, "/ids/" + std::to_string(i), "this is no execution's id",
                                    "the `id` of an execution", to_text((*list)[i])));
    } else if (seen.insert(*id).second) {
      executions.push_back(*id);
    }
  }
  if (findings.empty()) return executions;
  return Error(ErrorCode::invalid_request, "not all of `ids` are ids", std::move(findings));
}

/// By the names, and with the meaning, of the list's query.
Result<storage::BulkFilter> read_filter(const ProjectId& project, const Json& given) {
  static const std::vector<std::string> known{"userId", "workflowId", "integration",
                                              "status", "beforeDate", "afterDate"};
  const auto* const object = given.if_object();
  if (object == nullptr) return wrong_member("filter", "must be an object");
  FormFields query;
  for (const auto& member : *object) {
    const std::string key(member.key());
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return wrong_filter(key, "is not known here", {}, nearest_name(key, known));
    }
    if (!member.value().is_string()) return wrong_filter(key, "must be a text", "a text");
    query.emplace_back(key, std::string(member.value().get_string()));
  }
  auto read = read_history_filter(project, query, FilterIn::body);
  if (!read) return read.error();
  return storage::BulkFilter{std::move(read->user),
                             std::move(read->workflow),
                             std::move(read->integration),
                             read->status,
                             read->after,
                             read->before};
}

std::string job_path(const ProjectId& project, const std::string& job) {
  return "/projects/" + percent_encode_text(project.text) + "/task-history/bulk-jobs/" + job;
}

std::string_view name_of(storage::BulkKind kind) {
  switch (kind) {
    case storage::BulkKind::replay:
      return "replay";
    case storage::BulkKind::cancel:
      return "cancel";
    case storage::BulkKind::migrate:
      return "migrate";
  }
  return "unknown";
}

}  // namespace

Result<BulkOrder> read_bulk_order(const ApiCall& call, const JsonObject& body) {
  const Json* const ids = body.if_contains("ids");
  const Json* const filter = body.if_contains("filter");
  if ((ids == nullptr) == (filter == nullptr)) {
    return Error(ErrorCode::invalid_request,
                 "say which executions: either `ids`, or a `filter` (an empty one is all)");
  }
  BulkOrder order;
  order.project = call.project;
  order.by = "API key";
  if (ids != nullptr) {
    auto executions = read_ids(*ids);
    if (!executions) return executions.error();
    order.executions = std::move(*executions);
  } else {
    auto read = read_filter(call.project, *filter);
    if (!read) return read.error();
    order.filter = std::move(*read);
  }
  auto idempotency = read_idempotency(call);
  if (!idempotency) return idempotency.error();
  order.idempotency = std::move(*idempotency);
  return order;
}

JsonObject shown(const BulkJob& job) {
  const storage::BulkJobRow& row = job.row;
  const auto list = parse_json("[" + row.refused_list + "]");
  return {{"id", row.id},
          {"kind", name_of(row.kind)},
          {"status", job.is_through() ? "DONE" : "RUNNING"},
          {"accepted", row.accepted},
          {"refused", list ? *list : Json(JsonArray())},
          {"refusedTotal", row.refused},
          {"dateStarted", to_text(row.created)},
          {"dateEnded", row.ended ? Json(to_text(*row.ended)) : Json(nullptr)}};
}

Result<Reply> start_bulk_order(const ApiCall& call, BulkJobs& jobs, BulkOrder order) {
  const auto job = jobs.start(std::move(order), bulk_patience);
  if (!job) return job.error();
  Reply reply = json_reply(job->is_through() ? 200 : 202, shown(*job));
  reply.headers.emplace_back("Location", job_path(call.project, job->row.id));
  if (job->is_repeated) mark_replayed(reply);
  return reply;
}

}  // namespace millrace
