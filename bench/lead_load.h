#pragma once
// The lead flow as load: 64 users of one project, each with a token and a lead of its own.

#include "bench/load_generator.h"
#include "bench/product_server.h"

#include <string>
#include <vector>

namespace millrace::bench {

/// The same requests on another path, for a peer that does something else with them.
std::vector<std::string> lead_requests(const BenchProject& project, const std::string& path);

/// Deploys the flow; the answers are checked.
LoadTarget lead_target(const ProductServer& server);

}  // namespace millrace::bench
