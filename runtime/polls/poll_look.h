#pragma once
// One look of a poll: pages in, new records and the next position out. Pure; whoever looks sends the requests
// (triggers/poll_request.h) and stores what comes out.
//
//   PollLook(poll, position) ──self()──► request ──► take(response) ─┬─ ask_next: the next page
//                                                                    └─ done ──► end()
//
// A record is new when its id is none of those seen, and its cursor not below what was asked for. What a look has found
// is run even when the look has come to an end too soon (a page that fails, a record without id, more than it may
// read): then it has a problem, and the cursor stays, so that the next look finds what this one has missed. Nothing is
// run twice for it, since ids are seen as soon as they are run.
//
// More records than one look reads are no problem where they come in the order of the cursor: the cursor goes
// as far as the look did, and the next one goes on from there.

#include "runtime/polls/poll.h"
#include "runtime/requests/pages.h"

#include <array>
#include <set>

namespace millrace {

/// A digest of a record's id.
using SeenId = std::array<std::uint8_t, 16>;

/// How far a poll has come.
struct PollPosition {
  /// False until the first look that has come to its end, where a poll begins with what is new from then on.
  bool has_begun = false;
  Json cursor;               // the greatest so far; null: none
  std::vector<SeenId> seen;  // the latest last
  bool operator==(const PollPosition&) const = default;
};

struct FoundRecord {
  SeenId id{};
  Json record;
};

struct LookEnd {
  /// To be run, as they came; of a list that has the newest first, the other way round.
  std::vector<FoundRecord> found;
  /// When all of them are run. The same as before: nothing was new.
  PollPosition next;
  bool goes_on = false;          // there is more, to be looked for at once
  std::optional<Error> problem;  // why the look has not come to its end
};

class PollLook {
 public:
  /// `poll` outlives it. Errors of the position (an overlap of what is no time) come with `self`.
  PollLook(const Poll& poll, PollPosition from);

  /// What the request of the next page sees as `self`: `cursor`, moved back by the overlap; `pageToken` and
  /// the others of pagination. Error: type_mismatch.
  Result<Json> self() const;

  /// How far it has come: what leads to the next page.
  const PageProgress& pages() const { return pages_; }

  enum class Next : std::uint8_t { ask_next, done };
  /// `response`: {"statusCode", "headers", "body"} of a success; `scope` is that of the request. Never an error:
  /// what is wrong ends the look with that problem.
  Next take(const Json& response, std::uint64_t bytes, const Scope& scope);

  /// No further page can be had.
  void fail(Error why);

  /// When it is done, or has failed.
  LookEnd end();

 private:
  using Order = std::weak_ordering;

  void take_records(const JsonArray& records, std::size_t begin);
  void take_record(const Json& record, std::size_t number);
  void note_cursor(const Json& value);
  bool is_below_cursor() const;
  void keep_problem(Error why);
  std::vector<SeenId> seen_afterwards() const;

  const Poll& poll_;
  const PollPosition from_;
  const Result<Json> asked_;  // the cursor, moved back by the overlap
  PageProgress pages_;
  std::set<SeenId> known_;            // seen before this look
  std::set<SeenId> in_answer_;        // of this look
  std::vector<SeenId> answer_order_;  // the same as they came
  std::vector<FoundRecord> found_;
  Json greatest_;  // of this look; null: none
  Json last_;      // the cursor of the last record
  bool is_ascending_ = true;
  bool is_descending_ = true;
  bool is_cut_ = false;  // by a bound of looks
  std::optional<Error> problem_;
};

}  // namespace millrace
