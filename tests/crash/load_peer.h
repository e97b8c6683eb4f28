#pragma once
// The third party of the crash test. It lives in the test's process, so it outlives every server, and it
// knows requests by their idempotency key: it refuses some keys at first, and it answers a repeat of a key
// with what it answered the first time, as a careful API does.

#include "runtime/base/json.h"
#include "tests/support/misbehaving_peer.h"

#include <map>
#include <mutex>
#include <string>

namespace millrace::tests {

class LoadPeer {
 public:
  LoadPeer();

  std::string url(std::string_view path) const { return peer_.url(path); }
  /// What was answered to a key at last, {"n", "stamp"}; null if it never came.
  Json answer_to(const std::string& key) const;
  std::size_t repeats() const;

 private:
  void reply(PeerConnection& connection, const PeerRequest& request);
  /// POST /add {"n"}: {"n", "stamp"}; every fourth key is answered 503 at first.
  void add(PeerConnection& connection, const PeerRequest& request);

  mutable std::mutex mutex_;
  std::map<std::string, Json> answers_;
  std::map<std::string, int> refused_;
  std::size_t repeats_ = 0;
  std::size_t stamps_ = 0;
  MisbehavingPeer peer_;  // last: it uses everything above
};

}  // namespace millrace::tests
