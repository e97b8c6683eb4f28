#pragma once
// Bounds of counting what projects keep and do. Numbers without a unit are counts.

#include <cstddef>
#include <cstdint>

namespace millrace::limits {

/// Rows, and bytes of them, that one step of counting an older store reads. Commits wait for it.
inline constexpr std::size_t stored_bytes_step_rows = 512;
inline constexpr std::size_t stored_bytes_step_bytes = 1u << 20;
/// Steps that are made before a server serves: a store of some ten thousand rows is counted by then.
inline constexpr std::size_t stored_bytes_first_steps = 32;
/// Sums that are held in memory: of one project on one shard each, some 200 bytes. Others are read.
inline constexpr std::size_t stored_bytes_sums_held = 65'536;
/// Projects whose total is held in memory, some 150 bytes each. Others are added up when they are asked for.
inline constexpr std::size_t stored_bytes_totals_held = 16'384;

/// Months of which a project's tasks are kept, the current one included.
inline constexpr std::uint16_t task_months_kept = 13;
/// Counts of one project, month and shard that are held in memory, some 200 bytes each. Others are read.
inline constexpr std::size_t task_counts_held = 16'384;

}  // namespace millrace::limits
