#include "http/api/live_stream.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

namespace millrace {
namespace {

/// Nothing: it is of another process, or no id at all.
std::optional<std::uint64_t> number_in(std::string_view id, std::string_view incarnation) {
  if (!id.starts_with(incarnation) || id.size() <= incarnation.size() + 1) return std::nullopt;
  id.remove_prefix(incarnation.size() + 1);
  std::uint64_t number = 0;
  const auto read = std::from_chars(id.data(), id.data() + id.size(), number);
  if (read.ec != std::errc() || read.ptr != id.data() + id.size()) return std::nullopt;
  return number;
}

JsonObject shown_run(const LiveChange& change) {
  JsonObject shown{{"id", change.execution.text()},
                   {"workflowId", change.workflow.text},
                   {"userId", change.user.text},
                   {"status", change.status},
                   {"at", to_text(change.at)}};
  if (change.error) shown["code"] = wire_name(*change.error);
  return shown;
}

JsonObject shown_step(const LiveChange& change) {
  JsonObject shown{{"executionId", change.execution.text()},
                   {"stepId", change.step.text},
                   {"status", change.status},
                   {"attempt", change.attempt},
                   {"at", to_text(change.at)}};
  if (!change.indexes.empty()) {
    JsonArray indexes;
    for (const std::uint32_t index : change.indexes) indexes.emplace_back(index);
    shown["indexes"] = std::move(indexes);
  }
  if (change.error) shown["code"] = wire_name(*change.error);
  return shown;
}

std::string message(std::string_view event, const JsonObject& data) {
  return "event: " + std::string(event) + "\ndata: " + to_text(data) + "\n\n";
}

std::string gap() { return message("gap", {}); }

}  // namespace

LiveStream::LiveStream(LiveFeed& feed, LiveFeed::Seat seat, const Clock& clock, Filter filter,
                       std::string_view last_event)
    : feed_(feed),
      seat_(std::move(seat)),
      clock_(clock),
      filter_(std::move(filter)),
      end_(clock.now() + limits::live_stream_time) {
  const auto number = number_in(last_event, feed.incarnation());
  after_ = number.value_or(feed_.last());
  has_gap_ = !last_event.empty() && !number;
}

StreamedBody::Next LiveStream::next(const StreamedBody::Write& write) {
  using Next = StreamedBody::Next;
  std::string text;
  if (!std::exchange(has_begun_, true)) {
    text = "retry: 1000\n\n";
    text += has_gap_ ? gap() + id_line(after_) : std::string();
    return write(text) ? Next::more : Next::broken;
  }
  const Instant pulse = std::min(end_, clock_.now() + limits::live_stream_pulse);
  const auto news = feed_.wait(seat_, after_, next_round_, pulse);
  text = messages(news);
  after_ = news.up_to;
  if (!text.empty() || !news.changes.empty()) next_round_ = clock_.now() + limits::live_stream_pace;
  const bool is_over = news.is_closed || clock_.now() >= end_;
  if (text.empty() && (is_over || clock_.now() >= pulse)) text = id_line(after_);
  if (!text.empty() && !write(text)) return Next::broken;
  return is_over ? Next::end : Next::more;
}

bool LiveStream::is_wanted(const LiveChange& change) const {
  if (filter_.execution) return change.execution == *filter_.execution;
  if (!change.step.empty()) return false;
  return !filter_.workflow || change.workflow == *filter_.workflow;
}

std::string LiveStream::messages(const LiveFeed::News& news) const {
  if (news.has_gap) return gap() + id_line(news.up_to);
  // How it stands: of one run or step the newest.
  using Key = std::tuple<ExecutionId, StepId, std::vector<std::uint32_t>>;
  std::map<Key, const LiveChange*> newest;
  for (const LiveChange& change : news.changes) {
    if (!is_wanted(change)) continue;
    newest[{change.execution, change.step, change.indexes}] = &change;
    if (newest.size() > limits::live_message_entries_max) return gap() + id_line(news.up_to);
  }
  if (newest.empty()) return {};
  std::vector<const LiveChange*> in_order;
  for (const auto& [key, change] : newest) in_order.push_back(change);
  std::sort(in_order.begin(), in_order.end(),
            [](const auto* a, const auto* b) { return a->number < b->number; });
  JsonArray runs;
  JsonArray steps;
  for (const LiveChange* change : in_order) {
    if (change->step.empty()) {
      runs.push_back(shown_run(*change));
    } else {
      steps.push_back(shown_step(*change));
    }
  }
  // The run, by whose end a client stops looking, is told last. Only behind both is the client as far as `up_to`.
  std::string text;
  if (!steps.empty()) text += message("step", JsonObject{{"steps", std::move(steps)}});
  if (!runs.empty()) text += message("execution", JsonObject{{"executions", std::move(runs)}});
  return text + id_line(news.up_to);
}

std::string LiveStream::id_line(std::uint64_t number) const {
  return "id: " + feed_.incarnation() + "-" + std::to_string(number) + "\n\n";
}

}  // namespace millrace
