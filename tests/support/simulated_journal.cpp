#include "tests/support/simulated_journal.h"

#include "runtime/base/check.h"
#include "runtime/execution/event_codec.h"

namespace millrace {

void SimulatedJournal::append(const BranchPath& path, const Event& event) {
  JournalPageWriter writer;
  writer.add(event);
  pages_[path].push_back(writer.take());
  order_.push_back(path);
}

void SimulatedJournal::lose_last(std::size_t count) {
  CHECK(count <= order_.size(), "more events were to be lost than there are");
  for (; count > 0; --count) {
    auto& pages = pages_[order_.back()];
    pages.pop_back();
    if (pages.empty()) pages_.erase(order_.back());
    order_.pop_back();
  }
}

std::vector<Event> SimulatedJournal::events(const BranchPath& path) const {
  std::vector<Event> events;
  const auto found = pages_.find(path);
  if (found == pages_.end()) return events;
  for (const auto& page : found->second) {
    auto read = read_journal_page(page);
    CHECK(read.ok(), "a page that was written cannot be read: " + read.error().message);
    for (auto& event : *read) events.push_back(std::move(event));
  }
  return events;
}

std::vector<std::uint32_t> SimulatedJournal::children(const BranchPath& parent,
                                                      StepIndex fan_out) const {
  std::vector<std::uint32_t> indexes;
  for (const auto& [path, pages] : pages_) {
    if (path.elements.size() != parent.elements.size() + 1) continue;
    const auto& [step, index] = path.elements.back();
    if (step == fan_out && parent.child(step, index) == path) indexes.push_back(index);
  }
  return indexes;
}

std::vector<BranchPath> SimulatedJournal::branches() const {
  std::vector<BranchPath> paths;
  for (const auto& [path, pages] : pages_) paths.push_back(path);
  return paths;
}

}  // namespace millrace
