#pragma once
// What the numbers were measured on. Without it a benchmark's numbers cannot be compared with any
// others, least of all those of a synced log: the disk's sync latency decides them.

#include "runtime/base/json.h"

#include <string>

namespace millrace::bench {

struct MachineFacts {
  unsigned cores = 0;
  std::string cpu;
  std::string kernel;
  double memory_gib = 0;
  double load_average = 0;  // of the last minute, before we began: others may share the machine
  /// Of 4 KiB appends to a new file in the scratch directory, each followed by fdatasync.
  double sync_median_us = 0;
  double sync_p99_us = 0;
};

MachineFacts read_machine_facts(const std::string& scratch_parent);
JsonObject to_json(const MachineFacts& facts);
std::string to_text(const MachineFacts& facts);

}  // namespace millrace::bench
