#pragma once
// A poll: how a provider that calls nobody is asked what is new. Compiled from a definition (read_poll.h),
// immutable.
//
//   {"request": {"method": "GET", "path": "/contacts", "params": {"since": "{{self.cursor}}"}},
//    "items": "response.body.items", "itemId": ["id", "updatedAt"], "cursor": "updatedAt",
//    "overlap": "2m", "start": "now", "interval": "60s"}

#include "runtime/base/clock.h"
#include "runtime/requests/request_template.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

namespace limits {

/// More often, and a poll is a load for its provider that a webhook would not be.
inline constexpr Millis poll_interval_min{5'000};
inline constexpr Millis poll_interval_standard{60'000};
inline constexpr Millis poll_interval_max{31ll * 24 * 3'600'000};
inline constexpr Millis poll_overlap_max{7ll * 24 * 3'600'000};
/// Fields that make up the id of a record.
inline constexpr std::size_t poll_id_parts_max = 8;
/// The id of one record, as JSON.
inline constexpr std::size_t poll_id_bytes_max = 4'096;
/// The cursor, as JSON. It is stored for each account.
inline constexpr std::size_t poll_cursor_bytes_max = 1'024;
/// Of all pages of one look. What a look has read is in memory until its runs are stored.
inline constexpr std::size_t poll_look_bytes_max = 8u << 20;
/// Of all pages of one look. The ids of so many are stored for each account, 16 bytes each.
inline constexpr std::size_t poll_look_records_max = 10'000;
/// A record is a run's input, and stored with it. A bigger one starts nothing.
inline constexpr std::size_t poll_record_bytes_max = 1u << 20;
/// Ids that are still known although the last look that found something new did not show them.
inline constexpr std::size_t poll_seen_beyond_look_max = 1'000;
/// Runs that are started in one commit.
inline constexpr std::size_t poll_runs_per_commit_max = 250;

}  // namespace limits

struct Poll {
  enum class Start : std::uint8_t {
    now,        // what the first look finds is not new
    beginning,  // it is
  };

  RequestTemplate request;         // below the integration's base URL; sees `self.cursor`
  std::vector<PathSegment> items;  // the list of records, below {"response": ...}
  std::vector<std::vector<PathSegment>> item_id;  // below a record; at least one
  std::vector<PathSegment> cursor;                // below a record; empty: there is none
  Millis overlap{0};                              // how far the cursor goes back for the request
  Start start = Start::now;
  Millis interval = limits::poll_interval_standard;
  /// All that it says, but for `interval`: another text is another poll, which begins anew.
  std::string text;
};

}  // namespace millrace
