#pragma once
// A block of the history's index: up to limits::history_block_runs_max runs of one project that follow each
// other in the lists' order (start time, id), as columns. A block is five rows (keys::HistoryPart):
//
//   head       the last run, and how many runs there are of each class (same workflow, integration and
//              status): what totals add up. Read for every block of a list, so it is small and quick to read
//   runs       start time and id of each, 24 bytes
//   users      a digest of the user of each, 8 bytes
//   states     class and duration of each, 6 bytes
//   durations  how long all that have ended took, and those of each class: what statistics add up
//
// When a run changes, runs and users stay as they are.
//
// Counts are thus a function of the columns that they are written with, and cannot drift from them.
//
// Pure: bytes in and out. Errors: corrupt_data.

#include "runtime/base/result.h"
#include "runtime/execution/execution_summary.h"
#include "storage/history/duration_histogram.h"
#include "storage/keys.h"
#include "storage/tables/execution_rows.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// Start time and id as they sort: the end of a history row's key. Unsigned, so that two of them compare as
/// their keys do.
using HistoryOrder = std::array<std::uint8_t, keys::history_order_bytes>;

HistoryOrder history_order_of(std::string_view bytes);
inline std::string_view as_text(const HistoryOrder& order) {
  return {reinterpret_cast<const char*>(order.data()), order.size()};
}

/// A user's id as the index has it. Two users of one project meet once in 2^64.
std::uint64_t user_digest(std::string_view user);

/// What a run is counted under.
struct HistoryClass {
  std::string workflow;
  std::string integration;
  ExecutionStatus status = ExecutionStatus::executing;
  auto operator<=>(const HistoryClass&) const = default;
};

/// Of runs that have not ended.
inline constexpr std::uint32_t no_duration = 0xffff'ffff;
/// Milliseconds from start to end; runs of more than 49 days count as such.
std::uint32_t duration_of(Instant started, const std::optional<Instant>& ended);

/// One run as blocks hold it.
struct IndexedRun {
  HistoryOrder order{};
  std::uint64_t user = 0;
  std::uint16_t kind = 0;  // its class: a place in `HistoryBlock::classes`
  std::uint32_t duration = no_duration;
};

// --- reading ------------------------------------------------------------------------------------

/// How many runs of one class there are. Points into the row.
struct ClassView {
  std::string_view workflow;
  std::string_view integration;
  ExecutionStatus status = ExecutionStatus::executing;
  std::uint32_t count = 0;
};

struct HeadView {
  std::string_view last;  // the order of the last run
  std::uint32_t count = 0;
  std::string_view classes;  // for `read_classes`
};
/// Points into the row.
Result<HeadView> read_head(std::string_view row);
/// Into `classes`, whose room is used again.
Outcome read_classes(const HeadView& head, std::vector<ClassView>& classes);

/// Of a `durations` row: those of all runs, and those of each class, in the order of the head's. Each for
/// DurationHistogram::add_encoded.
struct DurationsView {
  std::string_view all;
  std::vector<std::string_view> of_class;
};
Outcome read_durations(std::string_view row, std::size_t classes, DurationsView& durations);

/// A column of `width` bytes for each of `count` runs, within its row.
Result<std::string_view> read_column(std::string_view row, std::size_t width, std::size_t count);
inline constexpr std::size_t order_width = keys::history_order_bytes;
inline constexpr std::size_t user_width = 8;
inline constexpr std::size_t state_width = 6;
std::uint64_t user_at(std::string_view column, std::size_t run);
std::uint16_t class_at(std::string_view column, std::size_t run);
std::uint32_t duration_at(std::string_view column, std::size_t run);
inline std::string_view order_at(std::string_view column, std::size_t run) {
  return column.substr(run * order_width, order_width);
}

// --- changing -----------------------------------------------------------------------------------

/// The rows of a block as bytes.
struct BlockRows {
  std::string head;
  std::string runs;
  std::string users;
  std::string states;
  std::string durations;
};

class HistoryBlock {
 public:
  static Result<HistoryBlock> decode(const BlockRows& rows);

  bool empty() const { return runs_.empty(); }
  std::size_t size() const { return runs_.size(); }
  const HistoryOrder& first() const { return runs_.front().order; }

  enum class Changed : std::uint8_t { nothing, states, all };
  /// Adds the run, or replaces what is known of it.
  Changed put(const HistoryOrder& order, const SummaryView& summary);
  /// Adds a run behind all others.
  void append(const HistoryOrder& order, const SummaryView& summary);
  Changed remove(const HistoryOrder& order);

  /// Parts of at most `history_block_runs_max` runs, in order. `is_last`: no block is behind this one, and what
  /// comes next will be appended, so all parts but the last are full; otherwise they are of one size.
  std::vector<HistoryBlock> split(bool is_last) &&;
  BlockRows encode() const;

 private:
  std::uint16_t class_of(const SummaryView& summary);
  IndexedRun indexed(const HistoryOrder& order, const SummaryView& summary);

  std::vector<HistoryClass> classes_;
  std::vector<IndexedRun> runs_;  // by order
};

}  // namespace millrace::storage
