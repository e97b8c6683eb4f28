#pragma once
// The answer of a peer that is still arriving, as one who passes it on holds it. Letting go of it ends the request
// to the peer, if that has not ended by itself.
//
// Belongs to one thread, which it blocks for the times that it is given. Those who wait look every
// `look_every` whether whom they wait for is still there.

#include "runtime/outbound/http_streams.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace millrace {

class OpenAnswer {
 public:
  static constexpr Millis look_every{1'000};
  /// Whether somebody still wants the answer; empty: always.
  using IsWanted = std::function<bool()>;

  /// Sends the request and waits for the head of its answer. Errors: those of HttpCaller; overloaded (no answer
  /// in time), cancelled (nobody wants it any more).
  static Result<std::shared_ptr<OpenAnswer>> open(HttpStreams& streams, StreamMemory& memory,
                                                  HttpRequest request, Millis time_max,
                                                  IsWanted is_wanted);
  ~OpenAnswer();
  OpenAnswer(const OpenAnswer&) = delete;
  OpenAnswer& operator=(const OpenAnswer&) = delete;

  /// Status and headers.
  const HttpResponse& head() const { return head_; }
  /// The next bytes of the body as the peer sends it; empty: it is whole. Errors: those of HttpCaller, step_timeout
  /// (the peer was silent for longer than that), cancelled.
  Result<std::string> take(Millis silence_max);

 private:
  OpenAnswer(HttpStreams& streams, StreamMemory& memory, IsWanted is_wanted);
  Outcome wait_for_head(Millis time_max);

  HttpStreams& streams_;
  const IsWanted is_wanted_;
  const std::shared_ptr<ResponseStream> stream_;
  HttpStreams::CallId call_ = 0;
  HttpResponse head_;
};

}  // namespace millrace
