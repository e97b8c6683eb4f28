#pragma once
// All benchmarks: each measures one promise and hands back a report. They throw BenchFailure when
// they cannot measure. Each starts what it needs and ends it; none leaves a file or a process.

#include "bench/bench_options.h"
#include "bench/bench_report.h"

namespace millrace::bench {

/// The lead flow over HTTP at 1, 16, 64 and 256 connections, beside a bare synced put.
BenchReport http_trigger_bench(const BenchOptions& options);
/// 100 function steps in a row: what a step costs when nothing else happens.
BenchReport function_chain_bench(const BenchOptions& options);
/// 1,000 to 100,000 elements: time to the response, and memory.
BenchReport fan_out_bench(const BenchOptions& options);
/// 1,000 request steps at once, to a peer that answers after 100 ms: elements of one run, and runs.
BenchReport request_bench(const BenchOptions& options);
/// 10,000 unfinished runs, SIGKILL, restart: is anything lost, and how long does it take?
BenchReport recovery_bench(const BenchOptions& options);
/// A million users in the store: start, memory, and the first trigger of a user.
BenchReport tenants_bench(const BenchOptions& options);
/// One tick of a schedule for 100,000 accounts: how soon have all of them their runs, and what does a quiet
/// project notice?
BenchReport schedule_bench(const BenchOptions& options);

/// A hundred projects with one request a second, alone and beside one with 100,000 queued runs.
BenchReport neighbours_bench(const BenchOptions& options);

/// 20,000 old runs are removed: how soon, is the disk given back, and what do live triggers notice?
BenchReport retention_bench(const BenchOptions& options);

/// 50,000 accounts that are polled once an hour, of which none has anything new.
BenchReport idle_polls_bench(const BenchOptions& options);

/// One run of 100,000 elements in the task history: graph, pages, one step.
BenchReport history_run_bench(const BenchOptions& options);

/// An app event to two workflows and a signed delivery, beside the request trigger.
BenchReport trigger_kinds_bench(const BenchOptions& options);

/// A million runs of one project: pages of the task history with every kind of filter, and its statistics.
BenchReport history_bench(const BenchOptions& options);

/// This build beside the one in `options.against`, in turn: ratios of everything above that is load.
BenchReport against_bench(const BenchOptions& options);

/// Group commit over RocksDB with 1 and 64 batches on their way.
BenchReport journal_bench(const BenchOptions& options);
/// Rendering of about 10 KB.
BenchReport template_bench(const BenchOptions& options);
/// One call at a time, and 20,000 at once.
BenchReport function_pool_bench(const BenchOptions& options);

}  // namespace millrace::bench
