#pragma once
// libcurl's multi interface on epoll: one thread drives any number of transfers, and each event
// costs the transfers that it concerns, not all of them.
//
// Belongs to one thread, but for `wake`. A handle must be removed before it is freed.

#include <chrono>
#include <curl/curl.h>
#include <functional>
#include <optional>

namespace millrace {

class CurlLoop {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Finished = std::function<void(CURL*, CURLcode)>;

  /// Keeps at most `idle_connections_max` connections open for later requests.
  explicit CurlLoop(long idle_connections_max);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  bool add(CURL* handle);
  void remove(CURL* handle);

  /// Waits until something happens, `due` has come or `wake` was called; hands out each transfer that
  /// has ended, already removed. `finished` may add and remove handles.
  void run_once(std::optional<Time> due, const Finished& finished);

  /// Ends the wait of `run_once`. From any thread.
  void wake();

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  void watch(curl_socket_t socket, int what, bool known);
  int wait_ms(std::optional<Time> due) const;
  void drain_wakes();

  CURLM* const multi_;
  const int epoll_;
  const int wakes_;
  std::optional<Time> curl_due_;
};

}  // namespace millrace
