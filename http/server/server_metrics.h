#pragma once
// The values of everything that compose wires, written under the names of http/metrics/metric_list.h.
// Those of the routes are in http/api/api.cpp.

#include "http/metrics/metrics_text.h"

namespace millrace {

class ConnectProxy;
class EventLog;
class StorageRoom;
class TaskUsage;
class RunMetrics;
struct ActorStats;
struct CallTimings;
struct FunctionPoolStats;
struct HttpServerStats;
struct OutboundStats;
struct ProviderCounts;
struct RetentionStats;
struct TriggerTimings;
namespace storage {
struct CachedStoreStats;
struct CommitTimings;
struct GroupCommitStats;
struct PostgresLaneStats;
}  // namespace storage

void write_server_metrics(MetricsText& text, const HttpServerStats& stats);
void write_server_metrics(MetricsText& text, const storage::GroupCommitStats& stats);
void write_server_metrics(MetricsText& text, const storage::CachedStoreStats& stats);
void write_server_metrics(MetricsText& text, const storage::PostgresLaneStats& stats);
void write_server_metrics(MetricsText& text, const ActorStats& stats);
void write_server_metrics(MetricsText& text, const FunctionPoolStats& stats);
void write_server_metrics(MetricsText& text, const OutboundStats& stats);
void write_server_metrics(MetricsText& text, const storage::CommitTimings& timings);
void write_server_metrics(MetricsText& text, const CallTimings& timings);
void write_server_metrics(MetricsText& text, const TriggerTimings& timings);
void write_server_metrics(MetricsText& text, const RunMetrics& runs);
void write_server_metrics(MetricsText& text, const EventLog& log);
void write_server_metrics(MetricsText& text, const StorageRoom& room);
void write_server_metrics(MetricsText& text, const TaskUsage& tasks);
void write_server_metrics(MetricsText& text, const ProviderCounts& counts);
void write_server_metrics(MetricsText& text, const ConnectProxy& proxy);
void write_server_metrics(MetricsText& text, const RetentionStats& stats);

}  // namespace millrace
