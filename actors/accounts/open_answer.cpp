#include "actors/accounts/open_answer.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

/// What `try_for(time)` gives within `time_max`, as long as it is wanted.
template <class Try>
auto wait_for(Millis time_max, const OpenAnswer::IsWanted& is_wanted, const Error& too_late,
              Try try_for) -> typename decltype(try_for(time_max))::value_type {
  for (Millis waited{0}; waited < time_max; waited += OpenAnswer::look_every) {
    if (is_wanted && !is_wanted()) {
      return Error(ErrorCode::cancelled, "whoever asked has gone away");
    }
    if (auto got = try_for(std::min(OpenAnswer::look_every, time_max - waited)))
      return std::move(*got);
  }
  return too_late;
}

}  // namespace

OpenAnswer::OpenAnswer(HttpStreams& streams, StreamMemory& memory, IsWanted is_wanted)
    : streams_(streams),
      is_wanted_(std::move(is_wanted)),
      stream_(std::make_shared<ResponseStream>(memory)) {}

OpenAnswer::~OpenAnswer() { streams_.cancel(call_); }

Result<std::shared_ptr<OpenAnswer>> OpenAnswer::open(HttpStreams& streams, StreamMemory& memory,
                                                     HttpRequest request, Millis time_max,
                                                     IsWanted is_wanted) {
  std::shared_ptr<OpenAnswer> answer(new OpenAnswer(streams, memory, std::move(is_wanted)));
  answer->call_ = streams.open(std::move(request), answer->stream_);
  if (auto arrived = answer->wait_for_head(time_max); !arrived) return arrived.error();
  return answer;
}

Outcome OpenAnswer::wait_for_head(Millis time_max) {
  auto head =
      wait_for(time_max, is_wanted_,
               Error(ErrorCode::overloaded, "the request had no answer in time: try again later"),
               [this](Millis time) { return stream_->wait_for_head(time); });
  if (!head) return head.error();
  head_ = std::move(*head);
  return Done{};
}

Result<std::string> OpenAnswer::take(Millis silence_max) {
  const Error silent(ErrorCode::step_timeout, "the peer was silent for " +
                                                  std::to_string(silence_max.count()) +
                                                  " ms in the middle of its answer");
  while (true) {
    auto piece = wait_for(silence_max, is_wanted_, silent,
                          [this](Millis time) { return stream_->take(time); });
    if (!piece) return piece.error();
    if (piece->peer_waits) streams_.resume(call_);
    if (piece->is_end || !piece->bytes.empty()) return std::move(piece->bytes);
  }
}

}  // namespace millrace
