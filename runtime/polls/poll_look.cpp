#include "runtime/polls/poll_look.h"

#include "runtime/base/check.h"
#include "runtime/digests/sha256.h"
#include "runtime/polls/poll_cursor.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// The id as one text in which parts cannot be mistaken for others; nothing: the record has none.
std::optional<std::string> id_text(const Poll& poll, const Json& record) {
  JsonArray parts;
  for (const auto& path : poll.item_id) {
    const Json& part = follow(record, path);
    if (part.is_null() || part.is_structured()) return std::nullopt;
    if (part.is_string() && part.get_string().empty()) return std::nullopt;
    parts.push_back(part);
  }
  return to_text(parts);
}

SeenId digest_of(std::string_view id) {
  const Sha256 digest = sha256(id);
  SeenId seen{};
  std::copy_n(digest.begin(), seen.size(), seen.begin());
  return seen;
}

bool is_less(const std::optional<std::weak_ordering>& order) {
  return order && *order == std::weak_ordering::less;
}

bool is_greater(const std::optional<std::weak_ordering>& order) {
  return order && *order == std::weak_ordering::greater;
}

Error more_than_it_reads(std::string_view why) {
  return Error(ErrorCode::limit_exceeded,
               "a look reads at most " + std::to_string(limits::poll_look_records_max) +
                   " records and " + std::to_string(limits::poll_look_bytes_max) +
                   " bytes, and there are more: " + std::string(why));
}

}  // namespace

PollLook::PollLook(const Poll& poll, PollPosition from)
    : poll_(poll),
      from_(std::move(from)),
      asked_(moved_back(from_.cursor, poll_.overlap)),
      known_(from_.seen.begin(), from_.seen.end()) {}

Result<Json> PollLook::self() const {
  if (!asked_) return asked_.error();
  Json self = page_self(pages_, nullptr);
  self.get_object().insert_or_assign("cursor", *asked_);
  return self;
}

// --- pages ----------------------------------------------------------------------------------------

PollLook::Next PollLook::take(const Json& response, std::uint64_t bytes, const Scope& scope) {
  const Json output = JsonObject{{"response", response}};
  if (pages_.bytes + bytes > limits::poll_look_bytes_max) {
    // What has come is dropped, but for what was there before.
    keep_problem(more_than_it_reads("ask for fewer at once, or for what is newer than the cursor"));
    is_cut_ = pages_.pages > 0;
    return Next::done;
  }
  Page page;
  if (poll_.request.pagination) {
    auto read = read_page(*poll_.request.pagination, poll_.request.pagination->pages_max, output,
                          bytes, pages_, scope);
    if (!read) {
      keep_problem(read.error());
      return Next::done;
    }
    page = std::move(*read);
  } else {
    const Json& list = follow(output, poll_.items);
    if (!list.is_array() && !list.is_null()) {
      keep_problem(
          Error(ErrorCode::type_mismatch,
                "the poll's `items` must lead to an array, got " + std::string(kind_name(list))));
      return Next::done;
    }
    if (list.is_array()) page.results = list.get_array();
    page.is_last = true;
  }
  const std::size_t before = pages_.results.size();
  const auto problem = page.problem;
  const bool is_last = page.is_last;
  append(pages_, std::move(page), bytes);
  take_records(pages_.results, before);
  if (problem) {
    is_cut_ = problem->code == ErrorCode::limit_exceeded;
    keep_problem(*problem);
  }
  if (is_cut_ || is_last || is_below_cursor()) return Next::done;
  return Next::ask_next;
}

void PollLook::take_records(const JsonArray& records, std::size_t begin) {
  for (std::size_t i = begin; i < records.size(); ++i) {
    if (in_answer_.size() >= limits::poll_look_records_max) {
      is_cut_ = true;
      keep_problem(more_than_it_reads(
          poll_.cursor.empty() ? "give the poll a `cursor`, and have the provider filter by it"
                               : "have the provider sort by the cursor, the smallest first"));
      return;
    }
    take_record(records[i], i + 1);
  }
}

void PollLook::take_record(const Json& record, std::size_t number) {
  const Json& cursor = poll_.cursor.empty() ? *shared_null() : follow(record, poll_.cursor);
  note_cursor(cursor);
  const auto text = id_text(poll_, record);
  if (!text || text->size() > limits::poll_id_bytes_max) {
    keep_problem(Error(ErrorCode::type_mismatch,
                       "record " + std::to_string(number) +
                           (text ? " has an id of more than " +
                                       std::to_string(limits::poll_id_bytes_max) + " bytes"
                                 : " has no id where the poll's `itemId` says")));
    return;
  }
  const SeenId id = digest_of(*text);
  if (!in_answer_.insert(id).second) return;
  answer_order_.push_back(id);
  // Who filters by nothing shows what was there before as well.
  const bool is_old = asked_ && is_less(compare_cursors(cursor, *asked_));
  if (!is_old && !known_.contains(id)) found_.push_back({id, record});
}

void PollLook::note_cursor(const Json& value) {
  if (value.is_null()) return;
  const bool is_cursor = value.is_string() || value.is_number();
  if (!is_cursor || to_text(value).size() > limits::poll_cursor_bytes_max) {
    return keep_problem(Error(ErrorCode::type_mismatch,
                              "the poll's `cursor` must lead to a short text or a number, got " +
                                  std::string(kind_name(value))));
  }
  const Json& other = from_.cursor.is_null() ? greatest_ : from_.cursor;
  if (!other.is_null() && !compare_cursors(value, other)) {
    return keep_problem(Error(ErrorCode::type_mismatch,
                              "the poll's `cursor` is a " + std::string(kind_name(value)) +
                                  " now, and was a " + std::string(kind_name(other))));
  }
  if (!last_.is_null()) {
    const auto order = compare_cursors(value, last_);
    if (is_less(order)) is_ascending_ = false;
    if (is_greater(order)) is_descending_ = false;
  }
  last_ = value;
  if (greatest_.is_null() || is_greater(compare_cursors(value, greatest_))) greatest_ = value;
}

/// The newest come first, and those that are left are older than what is asked for.
bool PollLook::is_below_cursor() const {
  if (last_.is_null() || !is_descending_) return false;
  const bool is_from_now = from_.cursor.is_null() && poll_.start == Poll::Start::now;
  const auto until = is_from_now ? moved_back(greatest_, poll_.overlap) : asked_;
  return until && is_less(compare_cursors(last_, *until));
}

void PollLook::keep_problem(Error why) {
  if (!problem_) problem_ = std::move(why);
}

void PollLook::fail(Error why) { keep_problem(std::move(why)); }

// --- the end --------------------------------------------------------------------------------------

std::vector<SeenId> PollLook::seen_afterwards() const {
  std::vector<SeenId> others;
  for (const SeenId& id : from_.seen) {
    if (!in_answer_.contains(id)) others.push_back(id);
  }
  // A look that has missed a part of the list says nothing of what is in there.
  const std::size_t kept =
      problem_ ? limits::poll_look_records_max : limits::poll_seen_beyond_look_max;
  if (others.size() > kept) {
    others.erase(others.begin(), others.end() - static_cast<std::ptrdiff_t>(kept));
  }
  others.insert(others.end(), answer_order_.begin(), answer_order_.end());
  return others;
}

LookEnd PollLook::end() {
  LookEnd end;
  const bool has_moved =
      !greatest_.is_null() &&
      (from_.cursor.is_null() || is_greater(compare_cursors(greatest_, from_.cursor)));
  const bool is_first = !from_.has_begun && poll_.start == Poll::Start::now;
  if (is_cut_ && problem_->code == ErrorCode::limit_exceeded && has_moved && is_ascending_) {
    end.goes_on = true;
    problem_.reset();
  }
  end.problem = problem_;
  end.next = from_;
  if (is_first) {
    if (problem_) return end;  // nothing is known to be old yet
    end.next.has_begun = !end.goes_on;
  } else {
    end.next.has_begun = true;
    end.found = std::move(found_);
    const bool is_newest_first = is_descending_ && !is_ascending_;
    if (is_newest_first) std::reverse(end.found.begin(), end.found.end());
  }
  if (!problem_ && has_moved) end.next.cursor = greatest_;
  const bool is_all_known = std::all_of(answer_order_.begin(), answer_order_.end(),
                                        [&](const SeenId& id) { return known_.contains(id); });
  if (!is_all_known) end.next.seen = seen_afterwards();
  return end;
}

}  // namespace millrace
