#pragma once
// How much of one run is listed and read at a time. Whatever the run has done, a request for its details takes
// some milliseconds.

#include <cstddef>

namespace millrace::limits {

/// Steps that a run itself lists; the others are paged through.
inline constexpr std::size_t step_executions_shown_max = 1'000;
/// Of a page, unless it says otherwise, and at most.
inline constexpr std::size_t step_page_usual = 100;
inline constexpr std::size_t step_page_max = 1'000;
/// Elements of fan-outs whose journals are read for one page of a filter that no row answers, and the bytes of
/// these journals. Beyond: the page ends, and says where to go on.
inline constexpr std::size_t step_page_elements_max = 2'000;
inline constexpr std::size_t step_page_bytes_max = 16u << 20;
/// Elements that are read to count the steps of a run of before they were counted. Beyond: `isPartial`.
inline constexpr std::size_t counted_elements_max = 5'000;

/// Attempts of one run that were begun again, and are shown. Beyond: the first ones.
inline constexpr std::size_t repeated_attempts_max = 10'000;

static_assert(step_page_usual <= step_page_max);

}  // namespace millrace::limits
