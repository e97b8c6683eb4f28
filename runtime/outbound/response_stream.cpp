#include "runtime/outbound/response_stream.h"

#include "runtime/base/check.h"

#include <utility>

namespace millrace {
namespace {

/// What arrives in crumbs is taken in larger pieces if it was not taken at once.
constexpr std::size_t piece_bytes_max = 16u << 10;

}  // namespace

ResponseStream::~ResponseStream() { memory_.now_ -= held_; }

void ResponseStream::begin(HttpResponse head) {
  const std::lock_guard lock(mutex_);
  CHECK(!head_ && !is_ended_, "an answer begins twice, or after its end");
  head_ = std::move(head);
  changed_.notify_all();
}

ResponseStream::Put ResponseStream::put(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  CHECK(head_ && !is_ended_, "a body outside of its answer");
  const bool has_room = held_ + bytes.size() <= window_bytes_max_ && memory_.has_room(bytes.size());
  if (held_ > 0 && !has_room) {
    peer_waits_ = true;
    return Put::full;
  }
  if (!pieces_.empty() && pieces_.back().size() + bytes.size() <= piece_bytes_max) {
    pieces_.back().append(bytes);
  } else {
    pieces_.emplace_back(bytes);
  }
  held_ += bytes.size();
  memory_.now_ += bytes.size();
  changed_.notify_all();
  return Put::taken;
}

void ResponseStream::end(std::optional<Error> why) {
  const std::lock_guard lock(mutex_);
  CHECK(!is_ended_, "an answer ends twice");
  CHECK(head_ || why, "an answer ends well that has not begun");
  is_ended_ = true;
  failure_ = std::move(why);
  changed_.notify_all();
}

std::optional<Result<HttpResponse>> ResponseStream::wait_for_head(Millis time_max) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, time_max, [this] { return head_ || is_ended_; }))
    return std::nullopt;
  if (!head_) return *failure_;
  return *head_;
}

std::optional<Result<ResponseStream::Piece>> ResponseStream::take(Millis time_max) {
  std::unique_lock lock(mutex_);
  give_back(std::exchange(taken_, 0));
  const auto is_ready = [this] { return !pieces_.empty() || peer_waits_ || is_ended_; };
  if (!changed_.wait_for(lock, time_max, is_ready)) return std::nullopt;
  Piece piece;
  if (!pieces_.empty()) {
    piece.bytes = std::move(pieces_.front());
    pieces_.pop_front();
    taken_ = piece.bytes.size();
  } else if (is_ended_) {
    if (failure_) return *failure_;
    piece.is_end = true;
  }
  // Not for every piece: each waking costs the caller's thread, which has others to read.
  const bool is_worth_it = pieces_.empty() || held_ <= window_bytes_max_ / 2;
  if (is_worth_it) piece.peer_waits = std::exchange(peer_waits_, false);
  return piece;
}

void ResponseStream::give_back(std::size_t bytes) {
  CHECK(bytes <= held_, "gives back more than it holds");
  held_ -= bytes;
  memory_.now_ -= bytes;
}

}  // namespace millrace
