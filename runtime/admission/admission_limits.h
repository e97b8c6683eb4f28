#pragma once
// What users can meet of their workflows' `admission`.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::limits {

/// Triggers that wait in one line: of one workflow, account and key, at one stage; their payloads and files together.
/// Beyond: 429 `admission_full`.
inline constexpr std::size_t admission_line_max = 10'000;
inline constexpr std::uint64_t admission_line_bytes_max = 256u << 20;
/// The same of one project on one node.
inline constexpr std::size_t admission_project_max = 100'000;
inline constexpr std::uint64_t admission_project_bytes_max = 1u << 30;

/// What a definition may say. Beyond: `invalid_definition`.
inline constexpr std::chrono::hours admission_wait_max{7 * 24};
inline constexpr std::size_t batch_size_max = 1'000;
inline constexpr std::size_t throttle_limit_max = 1'000;
/// `maxWait` of a debounce that says none: so many times its `wait`.
inline constexpr int debounce_waits_max = 10;
/// Payloads and files of one batch. An item that would make it larger begins the next one; a larger item is a
/// batch of its own.
inline constexpr std::uint64_t batch_bytes_max = 16u << 20;
/// Lines that one look at what waits lists. Beyond: `truncated`.
inline constexpr std::size_t admission_lines_listed_max = 1'000;

}  // namespace millrace::limits
