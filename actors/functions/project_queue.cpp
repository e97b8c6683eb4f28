#include "actors/functions/project_queue.h"

namespace millrace {

void ProjectQueue::push(QueuedCallPtr call) {
  Line& line = line_of(*call);
  line.calls.push_back(std::move(call));
  ++size_;
}

void ProjectQueue::push_front(QueuedCallPtr call) {
  Line& line = line_of(*call);
  line.calls.push_front(std::move(call));
  ++size_;
}

QueuedCallPtr ProjectQueue::take(Want want) {
  for (auto line = lines_.begin(); line != lines_.end(); ++line) {
    if (want == Want::fast && !line->calls.front()->version->is_fast()) continue;
    QueuedCallPtr call = std::move(line->calls.front());
    line->calls.pop_front();
    --size_;
    if (line->calls.empty()) {
      by_version_.erase(line->version);
      lines_.erase(line);
    } else {
      lines_.splice(lines_.end(), lines_, line);  // the others first
    }
    return call;
  }
  return nullptr;
}

ProjectQueue::Line& ProjectQueue::line_of(const QueuedCall& call) {
  const std::uint32_t version = call.version->id();
  const auto found = by_version_.find(version);
  if (found != by_version_.end()) return *found->second;
  lines_.push_back(Line{version, {}});
  by_version_.emplace(version, std::prev(lines_.end()));
  return lines_.back();
}

}  // namespace millrace
