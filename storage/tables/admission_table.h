#pragma once
// Triggers that wait for their workflow's `admission` (runtime/admission/admission_rules.h), on the shard of their
// user.
//
// They wait in lines. A line is of one workflow, account, key and stage, and is known by a digest of these; its row
// says who waits in it (`first` to `next`, in the order of coming) and what its stage has to remember: the last
// starts of a throttle, the run that has the place of a singleton. Each trigger is a row of its own, its files
// rows beside it.
//
// A line that has something to do at a time has one wake (wake_table.h), of which its row knows: the wake comes at
// that time or earlier, and is put off then. Whoever changes a line writes its row, its triggers and its wake in one
// batch, together with the runs that begin. A line without anybody and anything to remember has no row.

#include "runtime/admission/admission_stage.h"
#include "runtime/base/clock.h"
#include "runtime/base/execution_id.h"
#include "runtime/base/ids.h"
#include "runtime/base/shard_set.h"
#include "runtime/files/file_value.h"
#include "storage/ordered_store.h"
#include "storage/tables/wake_table.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace::storage {

/// Where a trigger waits.
struct PlaceInLine {
  std::string line;  // its digest; empty: nowhere
  std::uint64_t number = 0;
  bool operator==(const PlaceInLine&) const = default;
};

struct AdmissionLineRow {
  ProjectId project;
  UserId user;
  std::string digest;  // 32 bytes
  WorkflowId workflow;
  std::string account;  // account_text.h; empty: the workflow needs none
  AdmissionStage stage = AdmissionStage::debounce;
  std::string key;  // as it is shown: JSON, perhaps cut

  std::uint64_t first = 0;  // who waits: [first, next)
  std::uint64_t next = 0;
  std::uint64_t bytes = 0;  // theirs together
  Instant since{};          // when the first of them came, since nobody has waited
  Instant last{};           // when the last one came

  std::vector<Instant> starts;  // of a throttle: the latest last
  ExecutionId running;          // of a singleton: the run that has the place; zero: none
  PlaceInLine holder;       // of a singleton: the trigger that has it, and waits for its throttle
  std::uint32_t looks = 0;  // in vain, for the end of `running`

  Instant wake{};  // that is there; 1970: none

  std::uint64_t size() const { return next - first; }
  bool is_held() const { return running != ExecutionId{} || !holder.line.empty(); }
  bool operator==(const AdmissionLineRow&) const = default;
};

struct WaitingTriggerRow {
  ProjectId project;
  UserId user;
  PlaceInLine at;
  std::string output;             // of the trigger: JSON
  std::vector<FileHandle> files;  // that it names
  std::string trace;              // a traceparent; empty: none
  Instant received{};             // when it came; of a batch its first item
  std::uint64_t triggers = 1;     // of which it is made: more than one of a batch
  std::string singleton;    // the digest of the line in which it has the place; empty: in none
  bool is_batch = false;    // the output is one of a batch
  std::uint8_t waited = 0;  // bits: 1 << AdmissionStage, of those that have held it back
  std::uint64_t bytes = 0;  // output and files
  bool operator==(const WaitingTriggerRow&) const = default;
};

class AdmissionTable {
 public:
  explicit AdmissionTable(const OrderedStore& store) : store_(store) {}

  /// The row alone; its wake is the caller's.
  static void put(WriteBatch& batch, const AdmissionLineRow& row);
  static void remove(WriteBatch& batch, const AdmissionLineRow& row);
  static WakeRow wake_of(const AdmissionLineRow& row, Instant due);

  static void put(WriteBatch& batch, const WaitingTriggerRow& row);
  static void put_file(WriteBatch& batch, const WaitingTriggerRow& of, const FileHandle& file,
                       std::string_view bytes);
  /// With its files.
  static void remove(WriteBatch& batch, const WaitingTriggerRow& row);

  Result<std::optional<AdmissionLineRow>> find(const ProjectId& project, const UserId& user,
                                               std::string_view digest) const;
  /// By the target key of a wake.
  Result<std::optional<AdmissionLineRow>> find(const std::string& key) const;
  Result<std::vector<AdmissionLineRow>> of_user(const ProjectId& project, const UserId& user) const;
  using Visit = std::function<Outcome(AdmissionLineRow)>;
  /// Of all projects, or of one.
  Outcome visit(const ShardSet& shards, const Visit& each) const;
  Outcome visit(const ShardSet& shards, const ProjectId& project, const Visit& each) const;

  Result<std::optional<WaitingTriggerRow>> find_trigger(const ProjectId& project,
                                                        const UserId& user,
                                                        const PlaceInLine& at) const;
  /// Error corrupt_data: it is not there.
  Result<SharedBytes> file(const WaitingTriggerRow& of, const FileHandle& file) const;

  /// Removes all of a user's, with the wakes of the lines.
  Outcome remove_user(WriteBatch& batch, const ProjectId& project, const UserId& user) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
