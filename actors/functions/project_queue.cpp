#include "actors/functions/project_queue.h"

namespace millrace {

void ProjectQueue::push(QueuedCallPtr call) {
  const std::uint32_t version = call->version->id();
  calls_.push(version, std::move(call));
}

void ProjectQueue::push_front(QueuedCallPtr call) {
  const std::uint32_t version = call->version->id();
  calls_.push_front(version, std::move(call));
}

QueuedCallPtr ProjectQueue::take(Want want) {
  auto call = want == Want::any ? calls_.pop() : calls_.pop_if([](const QueuedCallPtr& each) {
    return each->version->is_fast();
  });
  return call ? std::move(*call) : nullptr;
}

}  // namespace millrace
