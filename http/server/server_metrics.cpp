#include "http/server/server_metrics.h"

#include "actors/functions/function_pool.h"
#include "actors/gateway/connect_proxy.h"
#include "actors/gateway/retention.h"
#include "actors/node_services.h"
#include "actors/observation/run_metrics.h"
#include "actors/tenants/event_log.h"
#include "actors/tenants/provider_counts.h"
#include "actors/tenants/storage_room.h"
#include "actors/tenants/task_usage.h"
#include "http/outbound/outbound_stats.h"
#include "http/server/timed_gateway.h"
#include "http/wire/http_server.h"
#include "storage/cached_store.h"
#include "storage/group_commit.h"
#include "storage/postgres/postgres_lane.h"

namespace millrace {
namespace {

double number(const auto& value) { return static_cast<double>(value); }

}  // namespace

void write_server_metrics(MetricsText& text, const HttpServerStats& stats) {
  text.counter("millrace_http_connections_total", number(stats.connections_accepted));
  text.counter("millrace_http_connections_refused_total", number(stats.connections_refused));
  text.counter("millrace_http_accepts_delayed_total", number(stats.accepts_delayed));
  text.counter("millrace_http_requests_total", number(stats.requests));
  text.counter("millrace_http_refused_on_the_wire_total", number(stats.refused_on_the_wire));
  text.gauge("millrace_http_connections_open", number(stats.connections_open));
  text.gauge("millrace_http_threads", number(stats.threads));
}

void write_server_metrics(MetricsText& text, const storage::GroupCommitStats& stats) {
  text.counter("millrace_storage_commits_total", number(stats.commits));
  text.counter("millrace_storage_commit_failures_total", number(stats.failures));
  text.counter("millrace_storage_batches_total", number(stats.batches));
  text.counter("millrace_storage_commit_bytes_total", number(stats.bytes));
  text.gauge("millrace_storage_waiting_bytes", number(stats.waiting_bytes));
}

void write_server_metrics(MetricsText& text, const storage::CachedStoreStats& stats) {
  text.counter("millrace_storage_lookups_total", number(stats.hits), {"remembered"});
  text.counter("millrace_storage_lookups_total", number(stats.misses), {"read"});
}

void write_server_metrics(MetricsText& text, const storage::PostgresLaneStats& stats) {
  text.counter("millrace_postgres_reconnections_total", number(stats.connections));
  text.counter("millrace_postgres_unknown_outcomes_total", number(stats.unknown_in), {"in"});
  text.counter("millrace_postgres_unknown_outcomes_total", number(stats.unknown_out), {"out"});
  text.gauge("millrace_postgres_is_unresolved", stats.is_unresolved ? 1 : 0);
}

void write_server_metrics(MetricsText& text, const ActorStats& stats) {
  text.counter("millrace_runs_loaded_total", number(stats.runs_loaded.load()));
  text.counter("millrace_runs_unloaded_total", number(stats.runs_unloaded.load()));
  text.counter("millrace_actor_crashes_total", number(stats.actor_crashes.load()));
  text.counter("millrace_late_results_total", number(stats.late_results.load()));
  text.gauge("millrace_runs_live", number(stats.runs_live.load()));
  text.gauge("millrace_runs_queued", number(stats.runs_queued.load()));
  for (std::size_t i = 0; i < stats.triggers_waiting.size(); ++i) {
    text.gauge("millrace_triggers_waiting", number(stats.triggers_waiting[i].load()),
               {wire_name(static_cast<AdmissionStage>(i + 1))});
  }
  text.gauge("millrace_entry_turns_waiting", number(stats.entry_turns_waiting.load()));
  text.gauge("millrace_held_responses", number(stats.held_responses.load()));
  text.gauge("millrace_fan_out_children_live", number(stats.children_live.load()));
  text.histogram("millrace_runs_place_wait_seconds", stats.place_wait);
}

void write_server_metrics(MetricsText& text, const FunctionPoolStats& stats) {
  text.counter("millrace_function_calls_total", number(stats.calls));
  text.counter("millrace_function_refused_total", number(stats.refused));
  text.counter("millrace_function_resubmitted_total", number(stats.resubmitted));
  text.counter("millrace_function_timeouts_total", number(stats.timeouts));
  text.counter("millrace_function_memory_total", number(stats.memory_events));
  text.counter("millrace_function_worker_deaths_total", number(stats.deaths));
  text.counter("millrace_function_forks_total", number(stats.forks));
  text.counter("millrace_function_cancelled_total", number(stats.cancelled));
  text.counter("millrace_function_suspensions_total", number(stats.suspensions));
  text.gauge("millrace_function_suspended_workers", number(stats.suspended));
  text.gauge("millrace_function_resting_workers", number(stats.resting));
  text.gauge("millrace_function_queued", number(stats.queued));
  text.gauge("millrace_function_running", number(stats.running));
  text.gauge("millrace_function_workers", number(stats.workers.size()));
}

void write_server_metrics(MetricsText& text, const OutboundStats& stats) {
  text.counter("millrace_outbound_calls_total", number(stats.calls));
  for (const auto& [code, count] : stats.failures) {
    text.counter("millrace_outbound_failures_total", number(count), {wire_name(code)});
  }
  text.counter("millrace_outbound_requests_total", number(stats.requests));
  text.counter("millrace_outbound_reused_connections_total", number(stats.reused_connections));
  text.counter("millrace_outbound_sent_bytes_total", number(stats.bytes_sent));
  text.counter("millrace_outbound_received_bytes_total", number(stats.bytes_received));
  text.gauge("millrace_outbound_waiting", number(stats.waiting));
  text.gauge("millrace_outbound_in_air", number(stats.in_air));
  text.gauge("millrace_outbound_bytes_in_flight", number(stats.bytes_in_flight));
}

void write_server_metrics(MetricsText& text, const ConnectProxy& proxy) {
  text.gauge("millrace_passing_requests", number(proxy.passing()));
  text.gauge("millrace_passing_bytes", number(proxy.bytes_passing()));
}

void write_server_metrics(MetricsText& text, const storage::CommitTimings& timings) {
  text.histogram("millrace_storage_commit_seconds", timings.commit);
  text.histogram("millrace_storage_commit_batches", timings.batches);
  text.histogram("millrace_storage_wait_seconds", timings.wait);
}

void write_server_metrics(MetricsText& text, const CallTimings& timings) {
  text.histogram("millrace_function_wait_seconds", timings.wait);
}

void write_server_metrics(MetricsText& text, const TriggerTimings& timings) {
  text.histogram("millrace_trigger_acknowledgement_seconds", timings.acknowledgement);
  text.histogram("millrace_trigger_answer_seconds", timings.responded, {"responded"});
  text.histogram("millrace_trigger_answer_seconds", timings.failed, {"failed"});
  text.histogram("millrace_trigger_answer_seconds", timings.still_going, {"still_going"});
}

void write_server_metrics(MetricsText& text, const RunMetrics& runs) {
  text.counter("millrace_runs_started_total", number(runs.started()));
  for (const auto& [status, outcome] : {std::pair(ExecutionStatus::succeeded, "succeeded"),
                                        std::pair(ExecutionStatus::failed, "failed"),
                                        std::pair(ExecutionStatus::cancelled, "cancelled")}) {
    text.counter("millrace_runs_ended_total", number(runs.ended(status)), {outcome});
  }
  for (std::size_t kind = 0; kind < observed_step_kinds.size(); ++kind) {
    const std::string_view name = observed_step_kinds[kind];
    const RunMetrics::StepTimes& times = runs.step_times(kind);
    text.histogram("millrace_step_seconds", times.completed, {name, "completed"});
    text.histogram("millrace_step_seconds", times.retried, {name, "retried"});
    text.histogram("millrace_step_seconds", times.failed, {name, "failed"});
  }
}

void write_server_metrics(MetricsText& text, const StorageRoom& room) {
  text.counter("millrace_stored_bytes_refused_total", number(room.refused()));
  text.counter("millrace_stored_bytes_reads_total", number(room.stats().reads));
  text.gauge("millrace_stored_bytes_uncounted_shards", number(room.stats().uncounted_shards));
}

void write_server_metrics(MetricsText& text, const TaskUsage& tasks) {
  text.counter("millrace_tasks_uncounted_total", number(tasks.stats().uncounted));
}

void write_server_metrics(MetricsText& text, const EventLog& log) {
  text.counter("millrace_event_log_left_out_total", number(log.left_out()));
}

void write_server_metrics(MetricsText& text, const RetentionStats& stats) {
  text.counter("millrace_retention_runs_removed_total", number(stats.runs));
  text.counter("millrace_retention_bytes_removed_total", number(stats.bytes));
  text.counter("millrace_retention_log_entries_removed_total", number(stats.entries));
  text.gauge("millrace_retention_lag_seconds", number(stats.lag_seconds));
}

void write_server_metrics(MetricsText& text, const ProviderCounts& counts) {
  for (std::size_t i = 0; i < counts.refreshes.size(); ++i) {
    text.counter("millrace_token_refreshes_total", number(counts.refreshes[i]),
                 {ProviderCounts::refresh_names[i]});
  }
  for (std::size_t i = 0; i < counts.looks.size(); ++i) {
    text.counter("millrace_poll_looks_total", number(counts.looks[i]),
                 {ProviderCounts::look_names[i]});
  }
  text.counter("millrace_poll_records_total", number(counts.records));
  text.gauge("millrace_poll_looks_in_air", number(counts.looks_in_air));
  for (std::size_t asked = 0; asked < counts.subscription_requests.size(); ++asked) {
    for (std::size_t answer = 0; answer < ProviderCounts::answer_names.size(); ++answer) {
      text.counter("millrace_subscription_requests_total",
                   number(counts.subscription_requests[asked][answer]),
                   {ProviderCounts::asked_names[asked], ProviderCounts::answer_names[answer]});
    }
  }
  text.counter("millrace_subscriptions_given_up_total", number(counts.subscriptions_given_up));
  text.counter("millrace_account_pauses_total", number(counts.pauses));
  text.counter("millrace_account_requests_held_total", number(counts.requests_held));
}

}  // namespace millrace
