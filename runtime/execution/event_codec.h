#pragma once
// Events <-> the bytes of journal pages. A page is the character '1' (the format), then a JSON array
// of events; each event is an object with short member names, its kind number under "k" and its time
// (milliseconds since 1970) under "t". JSON is readable with any tool, and members can be added
// without a new format. Unknown members are ignored; unknown kinds and formats are `corrupt_data`.

#include "runtime/execution/event.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Builds one page, event by event.
class JournalPageWriter {
 public:
  void add(const Event& event);
  bool empty() const { return text_.empty(); }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return text_.size(); }
  /// Returns the page and starts a new one.
  std::string take();

 private:
  std::string text_;
  std::size_t count_ = 0;
};

Result<std::vector<Event>> read_journal_page(std::string_view page);

}  // namespace millrace
