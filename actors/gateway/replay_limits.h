#pragma once
// What users can meet when they do runs again, or act on many at once.

#include <chrono>
#include <cstddef>

namespace millrace::limits {

/// The outputs that a replay keeps of the steps before the one at which it begins, as JSON. Beyond:
/// `limit_exceeded`.
inline constexpr std::size_t replay_kept_bytes_max = 64u << 20;
/// The files that they and the trigger's output name, which are copied. Beyond: `limit_exceeded`.
inline constexpr std::size_t replay_files_bytes_max = 200u << 20;

/// Texts in what is given that name files which the replayed run does not have, and are told in the refusal.
inline constexpr std::size_t replay_unknown_files_told_max = 100;

/// Runs that one request may name. Beyond: `invalid_request`.
inline constexpr std::size_t bulk_ids_max = 1'000;
/// Bulk jobs of one project that are not through; all that are kept. Beyond: `rate_limited`.
inline constexpr std::size_t bulk_jobs_open_max = 10;
inline constexpr std::size_t bulk_jobs_kept_max = 1'000;
/// How long a job that is through can be looked at.
inline constexpr std::chrono::hours bulk_job_kept_for{24};
/// Of those that were refused, how many a job lists. Those beyond are counted.
inline constexpr std::size_t bulk_refused_listed_max = 1'000;

/// Runs that the preview of a migration describes; that it looks at; history rows among which it finds them by a
/// filter. Beyond, it says that it is partial.
inline constexpr std::size_t migration_described_max = 1'000;
inline constexpr std::size_t migration_looked_at_max = 10'000;
inline constexpr std::size_t migration_rows_max = 1'000'000;

}  // namespace millrace::limits
