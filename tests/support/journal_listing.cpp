#include "tests/support/journal_listing.h"

#include "runtime/workflows/step_order.h"

#include <array>

namespace millrace {
namespace {

/// The part of a line behind the event's name.
class Describe {
 public:
  Describe(const Workflow& workflow, Instant at) : workflow_(workflow), at_(at) {}

  std::string operator()(const ExecutionStarted&) const { return ""; }
  std::string operator()(const StepCompleted& event) const {
    return id(event.step) + (event.attempt == 1 ? "" : attempt(event.attempt)) + " " +
           to_text(*event.output) + console(event.console);
  }
  std::string operator()(const StepFailed& event) const {
    std::string text = id(event.step) + attempt(event.attempt) + ": " +
                       std::string(wire_name(event.code)) + " " + to_text(Json(event.message));
    if (event.retry_at) text += ", retry in " + span_text(*event.retry_at - at_);
    if (event.response) text += ", response " + to_text(*event.response);
    return text + console(event.console);
  }
  std::string operator()(const PageFetched& event) const {
    return id(event.step) + (event.attempt == 1 ? "" : attempt(event.attempt)) + " " +
           to_text(*event.results) + " next " + to_text(*event.next_token);
  }
  std::string operator()(const RequestPaused& event) const {
    return id(event.step) + attempt(event.attempt) + ", until in " + span_text(event.until - at_) +
           (event.status == 0 ? std::string() : ", status " + std::to_string(event.status));
  }
  std::string operator()(const DelayArmed& event) const {
    return id(event.step) + " " + span_text(event.due - at_);
  }
  std::string operator()(const DelayElapsed& event) const { return id(event.step); }
  std::string operator()(const FanOutOpened& event) const {
    return id(event.step) + " of " + std::to_string(event.count);
  }
  std::string operator()(const FanOutJoined& event) const {
    std::string text = id(event.step) + " " + to_text(*event.output);
    for (const auto& [step, values] : event.outputs) text += id(step) + "=" + to_text(*values);
    return text;
  }
  std::string operator()(const CancelRequested&) const { return ""; }
  std::string operator()(const ExecutionMigrated& event) const {
    return " " + std::to_string(event.from) + " to " + std::to_string(event.to);
  }
  std::string operator()(const ExecutionEnded& event) const {
    std::string text = " " + std::string(wire_name(event.status));
    if (event.status != ExecutionStatus::failed) return text;
    if (event.step) text += " at" + id(*event.step);
    return text + ": " + std::string(wire_name(event.code));
  }

 private:
  std::string id(StepIndex step) const { return " " + workflow_.by_index.at(step)->id.text; }
  static std::string attempt(std::uint32_t number) { return " attempt " + std::to_string(number); }
  static std::string console(const std::vector<ConsoleLine>& lines) {
    std::string text;
    for (const auto& line : lines) text += " | " + line.level + ": " + line.text;
    return text;
  }

  const Workflow& workflow_;
  const Instant at_;
};

}  // namespace

std::vector<std::string> list_journal(const Workflow& workflow, const std::vector<Event>& events,
                                      Instant start, ListedTimes times) {
  std::vector<std::string> lines;
  for (const auto& event : events) {
    std::string line = std::to_string(lines.size() + 1) + " ";
    line += event_name(kind_of(event));
    line += std::visit(Describe(workflow, event.at), event.body);
    if (times == ListedTimes::shown && event.at != start)
      line += " @" + span_text(event.at - start);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string path_text(const Workflow& workflow, const BranchPath& path) {
  if (path.is_root()) return "root";
  std::string text;
  for (const auto& element : path.elements) {
    if (!text.empty()) text += '.';
    text += workflow.by_index.at(element.fan_out)->id.text;
    text += "[" + std::to_string(element.index) + "]";
  }
  return text;
}

std::string span_text(Millis span) {
  using namespace std::chrono_literals;
  struct Unit {
    Millis length;
    const char* name;
  };
  constexpr std::array<Unit, 4> units{{{24h, "d"}, {1h, "h"}, {1min, "m"}, {1s, "s"}}};
  if (span == 0ms) return "0s";
  for (const Unit& unit : units) {
    if (span % unit.length == 0ms) return std::to_string(span / unit.length) + unit.name;
  }
  return std::to_string(span.count()) + "ms";
}

}  // namespace millrace
