#pragma once
// The third party of docs/steps.md and docs/oauth.md, and of the tests over the real binary: a small API with the
// habits of real ones. Its routes are in the table there ("The peer of the examples"), which this file follows.
//
// It remembers what it was asked, so that a test can see what arrived. Any thread may ask.

#include "runtime/base/json.h"
#include "tests/support/misbehaving_peer.h"

#include <atomic>
#include <iosfwd>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::tests {

class ExamplePeer {
 public:
  /// Port 0 picks a free one. `log`: gets a line for each request as it arrives, flushed; null: nobody reads them.
  explicit ExamplePeer(std::uint16_t port = 0, std::ostream* log = nullptr);

  std::string url(std::string_view path = "") const { return peer_.url(path); }
  std::uint16_t port() const { return peer_.port(); }

  /// The requests whose path and query are exactly `target`, in the order of their arrival.
  std::vector<PeerRequest> requests(std::string_view target) const;
  /// Requests to /never whose caller has closed the connection.
  std::size_t given_up() const { return given_up_; }

 private:
  void reply(PeerConnection& connection, const PeerRequest& request);
  // A provider at which somebody signs in.
  void authorize(PeerConnection& connection, const std::string& query);
  void token(PeerConnection& connection, const PeerRequest& request);
  void me(PeerConnection& connection, const PeerRequest& request);
  void remember(const PeerRequest& request);
  std::size_t attempts_of(const PeerRequest& request) const;

  std::ostream* const log_;
  mutable std::mutex mutex_;
  std::vector<PeerRequest> requests_;
  std::map<std::string, std::string>
      codes_;                     // that were given, with their challenge; empty: it was used
  std::set<std::string> tokens_;  // that are good: as they are sent
  std::size_t pairs_ = 0;         // of tokens, given so far
  std::atomic<std::size_t> given_up_{0};
  MisbehavingPeer peer_;  // last: its threads use what is above
};

}  // namespace millrace::tests
