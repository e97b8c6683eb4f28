#pragma once
// What workflows are tested with: typed by hand, or caught by a URL of one use. The first request to that URL
// within an hour becomes the workflow's test data, in the commit that makes the URL worthless: of two at the
// same time one is caught, and after a crash either both have happened or neither. Nothing wakes at the end of
// the hour: a URL's time is looked at when it is called, and a workflow has one at a time, so that they do not
// pile up. Thread-safe. Blocks on the disk: for request threads only.

#include "actors/tenants/fenced_commits.h"
#include "actors/tenants/keyed_locks.h"
#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/random.h"
#include "storage/tables/test_data_table.h"

#include <cstddef>
#include <optional>
#include <string>

namespace millrace {

namespace limits {
/// As JSON text, files in it as hex. Beyond: 413. A workflow has one, read whole for each test.
inline constexpr std::size_t test_data_bytes_max = 1u << 20;
/// Longer, and a URL that somebody has forgotten is open to whoever finds it.
inline constexpr std::chrono::hours test_capture_open_for{1};
}  // namespace limits

class TestData {
 public:
  TestData(const storage::OrderedStore& store, FencedCommits commits, const Clock& clock,
           Random& random)
      : table_(store), commits_(std::move(commits)), clock_(clock), random_(random) {}

  struct Entry {
    Json content;         // {"request": {"headers","params","body","file"}} or {"payload": any}
    std::string capture;  // the id of the URL that caught it; empty: somebody typed it
    Instant updated{};
  };
  /// Errors: payload_too_large, those of the store.
  Outcome put(const ProjectId& project, const WorkflowId& workflow, const Json& content);
  /// Nothing: there is none.
  Result<std::optional<Entry>> find(const ProjectId& project, const WorkflowId& workflow) const;
  /// Error: not_found.
  Outcome remove(const ProjectId& project, const WorkflowId& workflow);

  struct Capture {
    enum class State : std::uint8_t { waiting, captured, expired };
    std::string id;  // 128 random bits, and the shard
    Instant expires{};
    State state = State::waiting;
  };
  /// A URL for one request; the one before is worth nothing from then on.
  Result<Capture> begin_capture(const ProjectId& project, const WorkflowId& workflow);
  /// Nothing: nobody has begun one.
  Result<std::optional<Capture>> capture_of(const ProjectId& project,
                                            const WorkflowId& workflow) const;
  /// Whose test data the request would be that the URL waits for. Error: not_found.
  struct Waiting {
    ProjectId project;
    WorkflowId workflow;
  };
  Result<Waiting> check_waiting(std::string_view id) const;
  /// `request` is the workflow's test data when it returns. Errors: not_found (there is no such URL, its hour
  /// is over, or it has caught one), payload_too_large (and it goes on waiting).
  Outcome catch_request(std::string_view id, const Json& request);

 private:
  Result<storage::TestCaptureRow> waiting(std::string_view id) const;

  const storage::TestDataTable table_;
  FencedCommits commits_;
  const Clock& clock_;
  Random& random_;
  KeyedLocks changing_;  // one workflow at a time
};

}  // namespace millrace
