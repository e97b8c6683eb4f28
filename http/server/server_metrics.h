#pragma once
// The metrics of everything that compose wires: name, help and value of each, in one place. Those
// of the routes are in http/api/api.cpp.

#include "http/wire/metrics_text.h"

namespace millrace {

struct ActorStats;
struct FunctionPoolStats;
struct HttpServerStats;
struct OutboundStats;
namespace storage {
struct GroupCommitStats;
}

void write_server_metrics(MetricsText& text, const HttpServerStats& stats);
void write_server_metrics(MetricsText& text, const storage::GroupCommitStats& stats);
void write_server_metrics(MetricsText& text, const ActorStats& stats);
void write_server_metrics(MetricsText& text, const FunctionPoolStats& stats);
void write_server_metrics(MetricsText& text, const OutboundStats& stats);

}  // namespace millrace
