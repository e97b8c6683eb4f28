#pragma once
// The values of the execution rows (see execution_table.h) and their stored field numbers.

#include "runtime/execution/execution_summary.h"
#include "storage/ordered_store.h"
#include "storage/tables/execution_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

/// A summary whose texts still lie in the row it was read from: filtering a long history allocates
/// nothing.
struct SummaryView {
  ExecutionId id;
  std::string_view project;
  std::string_view user;
  std::string_view workflow;
  WorkflowVersion version = 0;
  std::string_view integration;
  ExecutionStatus status = ExecutionStatus::executing;
  std::uint32_t tasks = 0;
  Instant started{};
  std::optional<Instant> ended;
  std::optional<ExecutionId> replay_of;
  std::optional<Instant> migrated;
  Priority priority = priority_standard;

  ExecutionSummary own() const;
};

/// Leads from a bare execution id to its history row.
struct Locator {
  ProjectId project;
  Instant started{};
};

std::string encode(const ExecutionSummary& summary);
Result<SummaryView> view_summary(std::string_view row);

std::string encode(const Locator& locator);
Result<Locator> decode_locator(std::string_view row);

std::string encode(const JournalPage& page);
/// `first_sequence` comes from the key, not from the row.
Result<JournalPage> decode_page(std::string_view row, std::uint64_t first_sequence);

std::string encode(const BranchSnapshot& snapshot);
Result<BranchSnapshot> decode_snapshot(std::string_view row);

}  // namespace millrace::storage
