#pragma once
// One client's view of the live feed, as server-sent events (WHATWG HTML, "Server-sent events"):
//
//   event: execution   data: {"executions":[{"id","workflowId","userId","status","at","code"?}]}
//   event: step        data: {"steps":[{"executionId","stepId","indexes"?,"status","attempt","at","code"?}]}
//   event: gap         data: {}          something is missing: read the task history anew
//
// A message says how things stand, not what happened on the way: of one run or step only the newest is told. Messages
// come at once, and then twice a second at most of each kind; too many changes between two are a gap. Steps are told
// only to whoever looks on one run. The `id` behind the messages of a round goes back as `Last-Event-ID`: what came
// since is told, or that it is gone. A stream ends after `limits::live_stream_time`, so that no proxy ends it; browsers
// open it again.
//
// Belongs to the thread of the client's connection, which waits in it.

#include "actors/observation/live_feed.h"
#include "http/wire/streamed_body.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

namespace limits {
inline constexpr Millis live_stream_time{50'000};
inline constexpr Millis live_stream_pace{500};  // between two rounds
/// Without news something is sent this often: by the second time whoever has gone is noticed, and its seat is free.
inline constexpr Millis live_stream_pulse{3'000};
inline constexpr std::size_t live_message_entries_max = 500;
}  // namespace limits

class LiveStream {
 public:
  struct Filter {
    std::optional<WorkflowId> workflow{};
    std::optional<ExecutionId> execution{};
  };

  /// `last_event`: the client's `Last-Event-ID`; empty: it begins now.
  LiveStream(LiveFeed& feed, LiveFeed::Seat seat, const Clock& clock, Filter filter,
             std::string_view last_event);

  StreamedBody::Next next(const StreamedBody::Write& write);

 private:
  bool is_wanted(const LiveChange& change) const;
  /// The messages of one round.
  std::string messages(const LiveFeed::News& news) const;
  /// By which a client says how far it has come.
  std::string id_line(std::uint64_t number) const;

  LiveFeed& feed_;
  const LiveFeed::Seat seat_;
  const Clock& clock_;
  const Filter filter_;
  const Instant end_;
  std::uint64_t after_ = 0;
  bool has_begun_ = false;
  bool has_gap_ = false;  // from the beginning on
  Instant next_round_{};
};

}  // namespace millrace
