#pragma once
// Somebody else's server, as request steps meet it: takes a while to answer, takes any number of
// requests meanwhile. `GET /NUMBER` is answered `{"number":NUMBER,"items":[]}` a fixed time after its last
// byte came, on a connection that stays open. Anything else ends its connection, so that whoever
// sent it fails and no wrong number is measured.
//
// One thread, one epoll and a queue in the order of arrival, which is the order of falling due:
// what it takes of the two cores that it shares with the server under test is a few microseconds
// for each request, and is reported (`cpu_seconds`). Late answers would pass for the server's
// slowness, so how late they were at most is reported as well.

#include "actors/functions/descriptor.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <unordered_map>

namespace millrace::bench {

class SlowPeer {
 public:
  static constexpr std::size_t request_bytes_max = 16u << 10;

  /// Listens on loopback at once; ends the program with a message if it cannot.
  explicit SlowPeer(std::chrono::milliseconds answers_after);
  ~SlowPeer();
  SlowPeer(const SlowPeer&) = delete;
  SlowPeer& operator=(const SlowPeer&) = delete;

  std::uint16_t port() const { return port_; }

  /// What happened since the start, or since the last time that somebody asked.
  struct Seen {
    std::uint64_t requests = 0;
    std::uint64_t connections = 0;        // accepted
    std::size_t waiting_most = 0;         // requests that waited for their answers at once
    std::chrono::microseconds latest{0};  // by which an answer was late
    double cpu_seconds = 0;               // of its thread
  };
  Seen take_seen();

 private:
  using Steady = std::chrono::steady_clock;
  struct Connection {
    Descriptor socket;
    std::uint64_t id = 0;  // descriptors are used again, ids are not
    std::string unread;
  };
  struct Due {
    Steady::time_point when;
    int socket = -1;
    std::uint64_t connection = 0;
    std::string answer;
  };

  double take_cpu_seconds();
  void run();
  void accept_all();
  void receive(int socket);
  /// False: this is no request that is answered here.
  bool take_requests(Connection& connection);
  void answer_due();
  int wait_ms() const;

  const std::chrono::milliseconds answers_after_;
  Descriptor listener_;
  Descriptor poll_;
  Descriptor stop_;
  std::uint16_t port_ = 0;
  double cpu_seconds_ = 0;  // at the last `take_seen`

  // Of the thread.
  std::unordered_map<int, Connection> connections_;
  std::deque<Due> due_;
  std::uint64_t last_id_ = 0;

  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::size_t> waiting_most_{0};
  std::atomic<std::int64_t> latest_us_{0};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace millrace::bench
