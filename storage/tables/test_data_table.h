#pragma once
// What a workflow is tested with, and the URL that catches it. Both lie on the project's shard. Of a capture
// there are two rows, one found by the id in its URL as long as it waits, one by its workflow; an id begins
// with its shard, as a webhook's does (hook_table.h).

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "storage/ordered_store.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::storage {

struct TestDataRow {
  ProjectId project;
  WorkflowId workflow;
  std::string content;  // JSON text: {"request": …} or {"payload": …}
  std::string capture;  // that caught it; empty: somebody typed it
  Instant updated{};
};

struct TestCaptureRow {
  std::string id;
  ProjectId project;
  WorkflowId workflow;
  Instant expires{};
  bool is_captured = false;  // then it is not found by its id any more
};

class TestDataTable {
 public:
  explicit TestDataTable(const OrderedStore& store) : store_(store) {}

  static void put(WriteBatch& batch, const TestDataRow& row);
  static void remove(WriteBatch& batch, const ProjectId& project, const WorkflowId& workflow);
  Result<std::optional<TestDataRow>> find(const ProjectId& project,
                                          const WorkflowId& workflow) const;

  /// In the place of `before`, which is the one of the same workflow.
  static void put_capture(WriteBatch& batch, const std::optional<TestCaptureRow>& before,
                          const TestCaptureRow& row);
  static void remove_capture(WriteBatch& batch, const TestCaptureRow& row);
  /// One that waits, or did when its time ended.
  Result<std::optional<TestCaptureRow>> capture(std::string_view id) const;
  Result<std::optional<TestCaptureRow>> capture_of(const ProjectId& project,
                                                   const WorkflowId& workflow) const;

  /// Adds the removal of all that a workflow has here.
  Outcome remove_all(WriteBatch& batch, const ProjectId& project, const WorkflowId& workflow) const;

 private:
  const OrderedStore& store_;
};

}  // namespace millrace::storage
