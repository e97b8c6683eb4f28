#pragma once
// Every metric of the server. What is measured says its name here, and the name in the code that
// writes it is checked against this list by the compiler; `/metrics` takes kind, help, labels and
// buckets from here, and a test keeps docs/metrics.md equal to it.
//
// To add one: a row here, its value in the code that knows it, its row in docs/metrics.md (the test
// prints it).

#include "http/metrics/metric.h"

namespace millrace {

inline constexpr Metric metric_list[] = {
    // --- http: connections and answers -----------------------------------------------------------
    {.name = "millrace_http_answers_total",
     .unit = "answers",
     .help = "Answers by route and class of status.",
     .watch = "5xx on a trigger's route: runs were not accepted. 429 and 503 are in 4xx and 5xx.",
     .labels = {{{"method", "GET, POST, ..., any"},
                 {"route", "the patterns of GET /, none"},
                 {"status", "1xx to 5xx"}}}},
    {.name = "millrace_http_connections_total",
     .unit = "connections",
     .help = "Connections accepted."},
    {.name = "millrace_http_connections_refused_total",
     .unit = "connections",
     .help = "Connections closed because the system refused a thread.",
     .watch = "Anything but 0: raise the system's limit of threads or processes."},
    {.name = "millrace_http_accepts_delayed_total",
     .unit = "times",
     .help = "Times that all connection threads were busy and new connections had to wait.",
     .watch = "Growth: clients wait in the kernel's queue; more nodes, or fewer held connections."},
    {.name = "millrace_http_requests_total",
     .unit = "requests",
     .help = "Requests that reached a route or none."},
    {.name = "millrace_http_refused_on_the_wire_total",
     .unit = "requests",
     .help = "Requests that were not HTTP, too large or too slow."},
    {.name = "millrace_http_connections_open",
     .kind = MetricKind::gauge,
     .unit = "connections",
     .help = "Connections open now."},
    {.name = "millrace_http_threads",
     .kind = MetricKind::gauge,
     .unit = "threads",
     .help = "Connection threads, idle ones included."},

    // --- trigger: from a request to its answer ---------------------------------------------------
    {.name = "millrace_trigger_acknowledgement_seconds",
     .kind = MetricKind::histogram,
     .unit = "seconds",
     .help = "From a trigger request to the durable acceptance of its run (202).",
     .watch = "p99 follows millrace_storage_commit_seconds; apart from it, the actors are busy.",
     .buckets = &buckets::short_times},
    {.name = "millrace_trigger_answer_seconds",
     .kind = MetricKind::histogram,
     .unit = "seconds",
     .help = "From a trigger request to the answer of a run that somebody waits for.",
     .watch = "still_going: runs that take longer than a connection is held (542).",
     .labels = {{{"outcome", "responded, failed, still_going"}}},
     .buckets = &buckets::long_times},

    // --- storage: group commit -------------------------------------------------------------------
    {.name = "millrace_storage_commits_total", .unit = "commits", .help = "Synced commits."},
    {.name = "millrace_storage_commit_failures_total",
     .unit = "commits",
     .help = "Commits that failed; their runs are rebuilt from what is on disk.",
     .watch = "Anything but 0: a full or broken disk, or shards that moved."},
    {.name = "millrace_storage_batches_total",
     .unit = "batches",
     .help = "Batches in those commits."},
    {.name = "millrace_storage_commit_bytes_total",
     .unit = "bytes",
     .help = "Bytes in those commits."},
    {.name = "millrace_storage_waiting_bytes",
     .kind = MetricKind::gauge,
     .unit = "bytes",
     .help = "Bytes that wait for the disk.",
     .watch = "Near the queue's limit (256 MiB) new runs are refused with 503."},
    {.name = "millrace_storage_commit_seconds",
     .kind = MetricKind::histogram,
     .unit = "seconds",
     .help = "One synced commit, from its first write to the end of its sync.",
     .watch =
         "The floor of every acknowledgement. A p99 over 50 ms: the disk is shared or failing.",
     .buckets = &buckets::short_times},
    {.name = "millrace_storage_commit_batches",
     .kind = MetricKind::histogram,
     .unit = "batches",
     .help = "Batches that shared one commit.",
     .watch = "Grows under load, which is what keeps latency flat; 1 at rest.",
     .buckets = &buckets::counts},
    {.name = "millrace_storage_wait_seconds",
     .kind = MetricKind::histogram,
     .unit = "seconds",
     .help = "A batch's wait from its submission to the begin of its commit.",
     .watch = "Lazy batches wait 2 ms on purpose; much more means that commits take all the time.",
     .buckets = &buckets::short_times},

    // --- runs and their steps --------------------------------------------------------------------
    {.name = "millrace_runs_started_total", .unit = "runs", .help = "Runs started."},
    {.name = "millrace_runs_ended_total",
     .unit = "runs",
     .help = "Runs that ended, by outcome.",
     .watch = "The rate of failed to all; started minus ended is the work in hand.",
     .labels = {{{"outcome", "succeeded, failed, cancelled"}}}},
    {.name = "millrace_runs_loaded_total",
     .unit = "runs",
     .help = "Runs rebuilt from their journals."},
    {.name = "millrace_runs_unloaded_total", .unit = "runs", .help = "Runs put to sleep."},
    {.name = "millrace_actor_crashes_total",
     .unit = "crashes",
     .help = "Actors that crashed.",
     .watch = "Anything but 0 is a bug of ours; the log names it."},
    {.name = "millrace_late_results_total",
     .unit = "results",
     .help = "Results that nobody waited for any more."},
    {.name = "millrace_runs_live",
     .kind = MetricKind::gauge,
     .unit = "runs",
     .help = "Runs in memory."},
    {.name = "millrace_runs_queued",
     .kind = MetricKind::gauge,
     .unit = "runs",
     .help = "Runs accepted that wait for their project's limit.",
     .watch = "Growth over minutes: a project triggers more than its places can run."},
    {.name = "millrace_held_responses",
     .kind = MetricKind::gauge,
     .unit = "requests",
     .help = "Requests that wait for a Response step.",
     .watch = "Each takes a connection; a project at its limit is answered 202."},
    {.name = "millrace_fan_out_children_live",
     .kind = MetricKind::gauge,
     .unit = "elements",
     .help = "Fan-out elements in memory."},
    {.name = "millrace_event_log_left_out_total",
     .unit = "entries",
     .help = "Entries of the event log that were left out: too many in a minute, or the disk was "
             "behind.",
     .watch = "Growth: somebody sends what starts nothing, without end."},
    {.name = "millrace_runs_place_wait_seconds",
     .kind = MetricKind::histogram,
     .unit = "seconds",
     .help = "A queued run's wait for a place in its project.",
     .watch = "Runs that found a place at once are not counted.",
     .buckets = &buckets::long_times},
    {.name = "millrace_step_seconds",
     .kind = MetricKind::histogram,
     .unit = "seconds",
     .help = "One attempt at a step, by kind and by how it ended.",
     .watch = "function: the pool and users' code. request, action: other people's servers.",
     .labels = {{{"kind", "function, conditional, fanOut, delay, response, request, action"},
                 {"outcome", "completed, retried, failed"}}},
     .buckets = &buckets::long_times},

    // --- functions: users' JavaScript ------------------------------------------------------------
    {.name = "millrace_function_calls_total",
     .unit = "calls",
     .help = "Calls answered, of whatever outcome."},
    {.name = "millrace_function_refused_total",
     .unit = "calls",
     .help = "Calls refused because queues were full.",
     .watch = "Growth: steps fail with `overloaded` and are retried."},
    {.name = "millrace_function_resubmitted_total",
     .unit = "calls",
     .help = "Calls run again because another call killed their worker."},
    {.name = "millrace_function_timeouts_total",
     .unit = "calls",
     .help = "Calls that exceeded their time."},
    {.name = "millrace_function_memory_total",
     .unit = "calls",
     .help = "Calls that exceeded their memory."},
    {.name = "millrace_function_worker_deaths_total",
     .unit = "workers",
     .help = "Workers that ended by themselves.",
     .watch = "A steady rate: some tenant's code kills its workers."},
    {.name = "millrace_function_forks_total", .unit = "workers", .help = "Workers made."},
    {.name = "millrace_function_cancelled_total",
     .unit = "calls",
     .help = "Calls cancelled together with their run before they were answered."},
    {.name = "millrace_function_suspensions_total",
     .unit = "workers",
     .help = "Times a worker stood still: its call waited for a timer, or made room for others."},
    {.name = "millrace_function_suspended_workers",
     .kind = MetricKind::gauge,
     .unit = "workers",
     .help = "Workers that stand still and have no place.",
     .watch =
         "At its limit (four for each place, at least 16): calls that wait keep their places."},
    {.name = "millrace_function_queued",
     .kind = MetricKind::gauge,
     .unit = "calls",
     .help = "Calls that wait for a worker."},
    {.name = "millrace_function_running",
     .kind = MetricKind::gauge,
     .unit = "calls",
     .help = "Calls at a worker."},
    {.name = "millrace_function_workers",
     .kind = MetricKind::gauge,
     .unit = "workers",
     .help = "Worker processes, spares included."},
    {.name = "millrace_function_wait_seconds",
     .kind = MetricKind::histogram,
     .unit = "seconds",
     .help = "A call's wait from its submission until a worker gets it.",
     .watch = "p99 over 100 ms: more cores, or fewer heavy functions.",
     .buckets = &buckets::short_times},

    // --- outbound: requests to other people's servers --------------------------------------------
    {.name = "millrace_outbound_calls_total",
     .unit = "calls",
     .help = "Calls of workflows answered, of whatever outcome."},
    {.name = "millrace_outbound_failures_total",
     .unit = "calls",
     .help = "Calls that brought no response.",
     .watch = "By code: connection_failed and step_timeout are peers, overloaded is us.",
     .labels = {{{"code", "error codes of a request"}}}},
    {.name = "millrace_outbound_requests_total",
     .unit = "requests",
     .help = "Requests sent, redirects and token requests included."},
    {.name = "millrace_outbound_reused_connections_total",
     .unit = "requests",
     .help = "Requests that needed no new connection."},
    {.name = "millrace_outbound_sent_bytes_total",
     .unit = "bytes",
     .help = "Bytes of request bodies."},
    {.name = "millrace_outbound_received_bytes_total",
     .unit = "bytes",
     .help = "Bytes of response bodies."},
    {.name = "millrace_outbound_waiting",
     .kind = MetricKind::gauge,
     .unit = "calls",
     .help = "Calls whose turn has not come.",
     .watch = "Growth over minutes: slow peers hold every place."},
    {.name = "millrace_outbound_in_air",
     .kind = MetricKind::gauge,
     .unit = "calls",
     .help = "Calls that are being made."},
    {.name = "millrace_outbound_bytes_in_flight",
     .kind = MetricKind::gauge,
     .unit = "bytes",
     .help = "Bytes of responses that are being received."},
};

/// The name of a metric of that kind, written as a literal; one that is not declared does not compile.
template <MetricKind kind>
class MetricName {
 public:
  consteval MetricName(const char* name)  // NOLINT(google-explicit-constructor)
      : metric_(declared(name)) {}
  const Metric& metric() const { return *metric_; }

 private:
  static consteval const Metric* declared(std::string_view name) {
    for (const Metric& each : metric_list) {
      if (each.name == name && each.kind == kind) return &each;
    }
    throw "metric_list has no metric of this name and kind";
  }

  const Metric* metric_;
};

using CounterName = MetricName<MetricKind::counter>;
using GaugeName = MetricName<MetricKind::gauge>;
using HistogramName = MetricName<MetricKind::histogram>;

}  // namespace millrace
