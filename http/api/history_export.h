#pragma once
// The task history of a project as NDJSON, one run a line with all that its steps were given and gave:
//
//   {"id", …, "stepExecutions":[{…, "isLargeInput","isLargeOutput","input","output"}], "cursor"}
//   …
//   {"complete":true|false,"next":null|cursor}
//
// Runs by the time they began, the oldest first, each once and as it is when its line is written: one that ends
// meanwhile is still one line. Read page after page and written run after run, no faster than the client takes
// them, so that memory holds one page of the list and one run. After `limits::export_time` it ends with a `next`;
// a client whose connection broke goes on behind the `cursor` of its last whole line.
//
// Values are shown as the history shows them, secrets masked. Those over 1 MiB are left out, unless all are wanted,
// and what would make a line longer than `limits::export_line_bytes_max`; of a fan-out the steps of its first
// elements are there, and `stepExecutionsTotal` says how many there were.
//
// Belongs to the thread of the client's connection.

#include "actors/gateway/task_history.h"
#include "http/wire/streamed_body.h"

#include <cstddef>
#include <string>

namespace millrace {

namespace limits {
inline constexpr Millis export_time{600'000};
inline constexpr std::size_t export_line_bytes_max = 16u << 20;
/// Elements of each fan-out whose steps are in a line.
inline constexpr std::size_t export_elements_max = 100;
}  // namespace limits

class HistoryExport {
 public:
  enum class Values : std::uint8_t { small, all };

  HistoryExport(const TaskHistory& history, TaskHistory::ExportPlace place,
                TaskHistory::Query query, Values values, const Clock& clock)
      : history_(history),
        place_(std::move(place)),
        query_(std::move(query)),
        values_(values),
        clock_(clock),
        end_(clock.now() + limits::export_time) {}

  StreamedBody::Next next(const StreamedBody::Write& write);

 private:
  /// False: it could not be read.
  bool read_page();
  StreamedBody::Next end(const StreamedBody::Write& write, bool is_complete) const;
  /// Nothing: the run has been removed since.
  Result<std::optional<std::string>> line_of(const ExecutionSummary& listed) const;

  const TaskHistory& history_;
  const TaskHistory::ExportPlace place_;
  TaskHistory::Query query_;
  const Values values_;
  const Clock& clock_;
  const Instant end_;
  TaskHistory::Page page_{};
  std::size_t at_ = 0;  // within the page
  bool has_begun_ = false;
};

}  // namespace millrace
