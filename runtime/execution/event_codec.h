#pragma once
// Events <-> the bytes of journal pages. A page is the character '1' (the format), then a JSON array
// of events; each event is an object with short member names, its kind number under "k" and its time
// (milliseconds since 1970) under "t". JSON is readable with any tool, and members can be added
// without a new format. Unknown members are ignored; unknown kinds and formats are `corrupt_data`.
//
// An event that holds secrets stands there without them (mask_event.h), and whole, sealed, in its member
// "sl": whoever cannot open that reads the masked one.

#include "runtime/execution/event.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Builds one page, event by event.
class JournalPageWriter {
 public:
  void add(const Event& event);
  /// `shown` in clear, and beside it the event itself: its `event_text`, sealed.
  void add(const Event& shown, std::string_view sealed);
  bool empty() const { return text_.empty(); }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return text_.size(); }
  /// Returns the page and starts a new one.
  std::string take();
  /// A page without events: its branch has begun.
  static std::string without_events() { return "1[]"; }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

/// One event as pages hold it.
std::string event_text(const Event& event);

/// Opens what was sealed; nothing: the masked event is to stand for it.
using OpenSealed = std::function<Result<std::optional<std::string>>(std::string_view sealed)>;

/// Errors: corrupt_data, or what `open` says.
Result<std::vector<Event>> read_journal_page(std::string_view page, const OpenSealed& open);
/// With masked events.
Result<std::vector<Event>> read_journal_page(std::string_view page);

}  // namespace millrace
