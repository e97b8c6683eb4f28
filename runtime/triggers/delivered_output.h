#pragma once
// What triggers of webhooks have in common: how they are named, and what a workflow sees of a delivery.

#include "runtime/triggers/trigger_catalog.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A required name of at most limits::id_bytes_max bytes; empty if it is none, which is a finding.
std::string read_trigger_name(ObjectReader& json, std::string_view key);

/// `trigger.result.{headers, params, body}`.
std::vector<TriggerOutput> delivered_outputs(const Trigger& trigger);

}  // namespace millrace
