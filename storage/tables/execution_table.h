#pragma once
// Rows of executions. Per execution: its summary (the task history line), an `unfinished` marker
// while it runs, and for each branch a journal (pages of consecutive events) and at most one
// snapshot. Journals are kept as long as the execution: they are its history (step details are read
// from them), so a snapshot only shortens recovery and never replaces pages.
//
// The functions that write only add operations to a batch: the caller decides what commits together
// (an event, the summary that mirrors it and the timer it arms are one batch). Pages and snapshots
// are opaque here; runtime/execution/event_codec.h knows what is in them.

#include "runtime/base/limits.h"
#include "runtime/base/shard_set.h"
#include "runtime/execution/branch_path.h"
#include "runtime/execution/execution_summary.h"
#include "storage/ordered_store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// Where a run stands in the task history: all lists are in this order.
struct HistoryPlace {
  Instant started{};
  ExecutionId id;
};

/// Consecutive events of one branch, as one row. `first_sequence` counts from 1 without gaps; 0 is the page, without
/// events, of an element that was left before its first event (`put_begun`).
struct JournalPage {
  std::uint64_t first_sequence = 0;
  std::string events;
  /// How many events `events` holds. 0: not stated; then a gap behind this page is not noticed
  /// here.
  std::uint32_t event_count = 0;
  /// Attempts that were begun behind its last event: 0 or 1. Kept of a page that holds a run's first event alone, and
  /// of one without events; later ones say by themselves that the run had begun.
  std::uint32_t attempts_begun = 0;
};

struct BranchSnapshot {
  std::uint64_t last_sequence = 0;  // the last event that is contained
  std::string state;
};

class ExecutionTable {
 public:
  explicit ExecutionTable(const OrderedStore& store) : store_(store) {}

  // --- writing ---------------------------------------------------------------------------------
  /// Writes (or overwrites) the history line, and keeps the `unfinished` marker in step with it:
  /// set while the status is not final, removed with the final one. A run that nobody has heard of
  /// yet has no marker, and removing it would only cost a tombstone.
  enum class Marker : std::uint8_t { may_be_set, never_set };
  static void put_summary(WriteBatch& batch, const ExecutionSummary& summary,
                          Marker marker = Marker::may_be_set);
  static void put_page(WriteBatch& batch, const ExecutionId& id, const BranchPath& branch,
                       const JournalPage& page);
  /// An element has begun, and nothing else is known of it: the first page of its journal, once. `page` has no events,
  /// as runtime/execution/event_codec.h writes that.
  static void put_begun(WriteBatch& batch, const ExecutionId& id, const BranchPath& element,
                        JournalPage page);
  static void put_snapshot(WriteBatch& batch, const ExecutionId& id, const BranchPath& branch,
                           const BranchSnapshot& snapshot);
  /// Removes every row of the execution. Its timers are the caller's: a final execution has none.
  static void erase(WriteBatch& batch, const ExecutionSummary& summary);

  // --- reading (blocks on the disk) ------------------------------------------------------------
  Result<std::optional<ExecutionSummary>> summary(const ExecutionId& id) const;
  Result<std::optional<BranchSnapshot>> snapshot(const ExecutionId& id,
                                                 const BranchPath& branch) const;
  /// Pages of one branch that contain events after `after_sequence`, in order; the first page may
  /// begin with earlier events. Refuses gaps with corrupt_data.
  Result<std::vector<JournalPage>> pages(const ExecutionId& id, const BranchPath& branch,
                                         std::uint64_t after_sequence = 0) const;
  /// The journals of the children of one fan-out step of `parent`, in element order: `visit` is
  /// called once per child that has a journal, with all of its pages; it returns false to stop. Begins at
  /// element `from`.
  Outcome children(const ExecutionId& id, const BranchPath& parent, StepIndex fan_out,
                   const std::function<bool(std::uint32_t index, std::vector<JournalPage>)>& visit,
                   std::uint32_t from = 0) const;
  /// The last element that has a journal. Nothing: none has.
  Result<std::optional<std::uint32_t>> last_child(const ExecutionId& id, const BranchPath& parent,
                                                  StepIndex fan_out) const;
  /// Unfinished executions of these shards, each with its summary; `visit` returns false to stop. A
  /// damaged row must not keep the others from being recovered: it is passed over, and the outcome is
  /// the first damage. Shard by shard, within a shard by start time; with `from`, beginning at that
  /// id: its shard's earlier rows and the lower shards are passed over.
  Outcome unfinished(const ShardSet& shards, const std::function<bool(ExecutionSummary)>& visit,
                     const std::optional<ExecutionId>& from = std::nullopt) const;

  /// All of a user's runs, oldest first; `visit` returns false to stop. Reads the project's history on the
  /// user's shard. A damaged row ends it.
  Outcome of_user(const ProjectId& project, const UserId& user,
                  const std::function<bool(ExecutionSummary)>& visit) const;

  // --- the task history ------------------------------------------------------------------------
  struct HistoryQuery {
    ProjectId project{};
    std::optional<UserId> user{};
    std::optional<WorkflowId> workflow{};
    std::optional<std::string> integration{};
    std::optional<ExecutionStatus> status{};
    std::optional<Instant> after{};             // started at or after
    std::optional<Instant> before{};            // started before
    Direction direction = Direction::backward;  // backward: newest first
    /// A run that need not be there any more: the page begins with what follows it, and `offset` is nothing.
    std::optional<HistoryPlace> behind{};
    std::size_t offset = 0;
    std::size_t limit = limits::history_page_max;  // more than this maximum is not returned
  };
  struct HistoryPage {
    std::vector<ExecutionSummary> executions;
    std::size_t total = 0;  // rows that match, counted up to limits::history_total_max
    bool is_total_cut = false;
    bool has_more = false;               // a row that matches follows
    std::optional<HistoryPlace> last{};  // where the next page goes on
  };

  /// Merges the shards by (start time, id). With a user it reads one shard. What every store can answer, in
  /// time that grows with the history: storage/history has the index that answers in its stead.
  Result<HistoryPage> history(const HistoryQuery& query) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
