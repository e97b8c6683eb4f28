#pragma once
// Bounds of the index of the task history. Numbers without a unit are counts.

#include <cstddef>
#include <cstdint>

namespace millrace::limits {

/// Runs of a block. The row with their ids stays below what goes to blob files (16 KiB).
inline constexpr std::size_t history_block_runs_max = 512;
/// Changes that one fold takes, and runs that one step of filling takes: what a list may wait for.
inline constexpr std::size_t history_fold_max = 2'048;
inline constexpr std::size_t history_fill_step = 16 * history_block_runs_max;
/// Changes that wait in memory (some 300 bytes each). Beyond, they are read back from their rows.
inline constexpr std::size_t history_pending_max = 200'000;
/// Buckets of one answer of the statistics.
inline constexpr std::size_t statistics_buckets_max = 1'000;

}  // namespace millrace::limits
