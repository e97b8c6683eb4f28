#include "http/server/server_metrics.h"

#include "actors/functions/function_pool.h"
#include "actors/node_services.h"
#include "http/outbound/outbound_stats.h"
#include "http/wire/http_server.h"
#include "storage/group_commit.h"

namespace millrace {
namespace {

double number(auto value) { return static_cast<double>(value); }

}  // namespace

void write_server_metrics(MetricsText& text, const HttpServerStats& stats) {
  text.counter("millrace_http_connections_total", "Connections accepted.",
               number(stats.connections_accepted));
  text.counter("millrace_http_connections_refused_total",
               "Connections closed because the system refused a thread.",
               number(stats.connections_refused));
  text.counter("millrace_http_accepts_delayed_total",
               "Times that all connection threads were busy and new connections had to wait.",
               number(stats.accepts_delayed));
  text.counter("millrace_http_requests_total", "Requests that reached a route or none.",
               number(stats.requests));
  text.counter("millrace_http_refused_on_the_wire_total",
               "Requests that were not HTTP, too large or too slow.",
               number(stats.refused_on_the_wire));
  text.gauge("millrace_http_connections_open", "Connections open now.",
             number(stats.connections_open));
  text.gauge("millrace_http_threads", "Connection threads, idle ones included.",
             number(stats.threads));
}

void write_server_metrics(MetricsText& text, const storage::GroupCommitStats& stats) {
  text.counter("millrace_storage_commits_total", "Synced commits.", number(stats.commits));
  text.counter("millrace_storage_batches_total", "Batches in those commits.",
               number(stats.batches));
  text.counter("millrace_storage_commit_bytes_total", "Bytes in those commits.",
               number(stats.bytes));
  text.gauge("millrace_storage_waiting_bytes", "Bytes that wait for the disk.",
             number(stats.waiting_bytes));
}

void write_server_metrics(MetricsText& text, const ActorStats& stats) {
  const std::string_view ended = "Runs that ended, by outcome.";
  text.counter("millrace_runs_started_total", "Runs started.", number(stats.runs_started.load()));
  text.counter("millrace_runs_ended_total", ended, number(stats.runs_succeeded.load()),
               "outcome=\"succeeded\"");
  text.counter("millrace_runs_ended_total", ended, number(stats.runs_failed.load()),
               "outcome=\"failed\"");
  text.counter("millrace_runs_ended_total", ended, number(stats.runs_cancelled.load()),
               "outcome=\"cancelled\"");
  text.counter("millrace_runs_loaded_total", "Runs rebuilt from their journals.",
               number(stats.runs_loaded.load()));
  text.counter("millrace_runs_unloaded_total", "Runs put to sleep.",
               number(stats.runs_unloaded.load()));
  text.counter("millrace_actor_crashes_total", "Actors that crashed.",
               number(stats.actor_crashes.load()));
  text.counter("millrace_late_results_total", "Results that nobody waited for any more.",
               number(stats.late_results.load()));
  text.gauge("millrace_runs_live", "Runs in memory.", number(stats.runs_live.load()));
  text.gauge("millrace_runs_queued", "Runs accepted that wait for their project's limit.",
             number(stats.runs_queued.load()));
  text.gauge("millrace_fan_out_children_live", "Fan-out elements in memory.",
             number(stats.children_live.load()));
}

void write_server_metrics(MetricsText& text, const FunctionPoolStats& stats) {
  text.counter("millrace_function_calls_total", "Calls answered, of whatever outcome.",
               number(stats.calls));
  text.counter("millrace_function_refused_total", "Calls refused because queues were full.",
               number(stats.refused));
  text.counter("millrace_function_resubmitted_total",
               "Calls run again because another call killed their worker.",
               number(stats.resubmitted));
  text.counter("millrace_function_timeouts_total", "Calls that exceeded their time.",
               number(stats.timeouts));
  text.counter("millrace_function_memory_total", "Calls that exceeded their memory.",
               number(stats.memory_events));
  text.counter("millrace_function_worker_deaths_total", "Workers that ended by themselves.",
               number(stats.deaths));
  text.counter("millrace_function_forks_total", "Workers made.", number(stats.forks));
  text.gauge("millrace_function_queued", "Calls that wait for a worker.", number(stats.queued));
  text.gauge("millrace_function_running", "Calls at a worker.", number(stats.running));
  text.gauge("millrace_function_workers", "Worker processes, spares included.",
             number(stats.workers.size()));
}

void write_server_metrics(MetricsText& text, const OutboundStats& stats) {
  text.counter("millrace_outbound_calls_total", "Calls of workflows answered, of whatever outcome.",
               number(stats.calls));
  for (const auto& [code, count] : stats.failures) {
    text.counter("millrace_outbound_failures_total", "Calls that brought no response.",
                 number(count), "code=\"" + std::string(wire_name(code)) + '"');
  }
  text.counter("millrace_outbound_requests_total",
               "Requests sent, redirects and token requests included.", number(stats.requests));
  text.counter("millrace_outbound_reused_connections_total",
               "Requests that needed no new connection.", number(stats.reused_connections));
  text.counter("millrace_outbound_sent_bytes_total", "Bytes of request bodies.",
               number(stats.bytes_sent));
  text.counter("millrace_outbound_received_bytes_total", "Bytes of response bodies.",
               number(stats.bytes_received));
  text.gauge("millrace_outbound_waiting", "Calls whose turn has not come.", number(stats.waiting));
  text.gauge("millrace_outbound_in_air", "Calls that are being made.", number(stats.in_air));
  text.gauge("millrace_outbound_bytes_in_flight", "Bytes of responses that are being received.",
             number(stats.bytes_in_flight));
}

}  // namespace millrace
