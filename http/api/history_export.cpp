#include "http/api/history_export.h"

#include "http/api/execution_json.h"
#include "http/api/history_query.h"
#include "http/api/step_json.h"

#include <utility>

namespace millrace {
namespace {

/// How much of a line is left for values.
class Room {
 public:
  explicit Room(HistoryExport::Values values) : wants_all_(values == HistoryExport::Values::all) {}

  /// Puts the value, or null when it is too large, and says which.
  void put(JsonObject& step, const char* name, const char* is_large_name, Json value) {
    const std::size_t bytes = to_text(value).size();
    const bool is_large = bytes > limits::shown_value_bytes_max;
    const bool fits = wants_all_ || (!is_large && bytes <= left_);
    if (fits && !wants_all_) left_ -= bytes;
    step[is_large_name] = is_large || !fits;
    step[name] = fits ? std::move(value) : Json(nullptr);
  }

 private:
  const bool wants_all_;
  std::size_t left_ = limits::export_line_bytes_max;
};

}  // namespace

StreamedBody::Next HistoryExport::next(const StreamedBody::Write& write) {
  using Next = StreamedBody::Next;
  if (at_ == page_.executions.size()) {
    if (has_begun_ && !page_.has_more) return end(write, true);
    if (!read_page()) return Next::broken;
    if (page_.executions.empty()) {
      // Those of the page have been removed meanwhile.
      if (!page_.has_more || !page_.last) return end(write, true);
      query_.behind = page_.last;
      return Next::more;
    }
  }
  if (clock_.now() >= end_) return end(write, false);
  const ExecutionSummary& run = page_.executions[at_++];
  const auto line = line_of(run);
  if (!line) return Next::broken;
  query_.behind = TaskHistory::Place{run.started, run.id};
  if (*line && !write(**line)) return Next::broken;
  return Next::more;
}

bool HistoryExport::read_page() {
  auto page = history_.list(query_);
  if (!page) return false;
  has_begun_ = true;
  page_ = std::move(*page);
  at_ = 0;
  return true;
}

StreamedBody::Next HistoryExport::end(const StreamedBody::Write& write, bool is_complete) const {
  const Json next =
      is_complete || !query_.behind ? Json(nullptr) : Json(place_text(*query_.behind));
  const std::string line = to_text(JsonObject{{"complete", is_complete}, {"next", next}}) + '\n';
  return write(line) ? StreamedBody::Next::end : StreamedBody::Next::broken;
}

Result<std::optional<std::string>> HistoryExport::line_of(const ExecutionSummary& listed) const {
  const auto run = history_.show(query_.project, listed.id);
  if (!run && run.error().code == ErrorCode::not_found) return std::optional<std::string>();
  JsonObject line = execution_json(run ? run->summary : listed);
  auto details = run ? history_.details(query_.project, listed.id, limits::export_elements_max)
                     : Result<std::vector<StepDetail>>(run.error());
  if (!details && details.error().code == ErrorCode::storage_failed) return details.error();
  JsonArray steps;
  if (details) {
    Room room(values_);
    for (StepDetail& detail : *details) {
      JsonObject step = step_json(detail.step, listed.id.text());
      room.put(step, "input", "isLargeInput", std::move(detail.input));
      room.put(step, "output", "isLargeOutput", std::move(detail.output));
      steps.push_back(std::move(step));
    }
  } else {
    // One that cannot be read keeps no other one back.
    line["unreadable"] = JsonObject{{"code", wire_name(public_code(details.error().code))},
                                    {"message", details.error().message}};
  }
  if (run && run->failure) line["error"] = failure_json(*run->failure);
  line["stepExecutions"] = std::move(steps);
  line["stepExecutionsTotal"] = run ? Json(run->steps_total) : Json(nullptr);
  line["cursor"] = place_text({listed.started, listed.id});
  return std::optional(to_text(line) + '\n');
}

}  // namespace millrace
