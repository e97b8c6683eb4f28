#pragma once
// The HTTP server: accepts connections, reads requests, gives each to one handler, sends the
// answers. Built on cpp-httplib's request loop; connection_stream.h says who does what and why.
//
// Threads: one accepts; each connection has its own (connection_threads.h), on which the handler
// runs and may block. Made by compose, ended by `drain`.
//
// What the handler gets: an httplib::Request with method, raw target, path (not decoded), headers
// exactly as sent, and the body. `Accept-Encoding` is taken out: answers are not compressed (a
// reverse proxy does that better), and httplib would if it saw the header. `progress(0, 0)` says whether the client
// is still there: one that has ended its side of the connection counts as gone.

#include "http/wire/connection_threads.h"
#include "http/wire/listener.h"
#include "http/wire/open_connections.h"
#include "http/wire/request_reader.h"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace millrace {

class BufferedSocket;
class ConnectionStream;

struct HttpServerOptions {
  RequestLimits limits;
  ConnectionThreads::Options threads;
  /// Requests on one connection, after which it is closed: spreads load behind balancers.
  std::size_t requests_per_connection_max = 100'000;
};

struct HttpServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // no thread could be made
  std::uint64_t accepts_delayed = 0;      // times the server was full and the backlog had to wait
  std::uint64_t requests = 0;
  std::uint64_t refused_on_the_wire = 0;  // not HTTP, too large, too slow
  std::size_t connections_open = 0;
  std::size_t threads = 0;
};

class HttpServer final : private httplib::Server {
 public:
  /// Called on connection threads, concurrently. What it throws is answered with internal_error.
  using Handle = std::function<void(const httplib::Request&, httplib::Response&)>;

  struct Refusal {
    Error why;
    bool may_pages_read = false;  // of any origin (CORS)
  };
  /// Called before a body that has not arrived yet is waited for: the request has none then. A refusal
  /// is the answer, and ends the connection.
  using Refuse = std::function<std::optional<Refusal>(const httplib::Request&)>;
  /// Whether pages of any origin may read why the body of this request (which has none yet) is not taken.
  using MayPagesRead = std::function<bool(const httplib::Request&)>;

  HttpServer(HttpServerOptions options, Handle handle, Refuse refuse = {},
             MayPagesRead may_pages_read = {});
  ~HttpServer() override;

  /// Binds and starts to serve. Call once.
  Outcome start(const ListenAddress& address);
  std::uint16_t port() const { return listener_.port(); }

  enum class Drained : std::uint8_t {
    all_answered,  // every request was answered by its handler and every thread has ended
    some_waiting,  // handlers still ran at the end of `patience`; their clients were answered 503
  };
  /// Stops accepting, ends idle connections, lets requests finish for up to `patience`, then
  /// answers those that are still waiting with 503. After `some_waiting` handlers are still
  /// running: what they use must stay alive, or the process must end without unwinding.
  Drained drain(std::chrono::milliseconds patience);

  HttpServerStats stats() const;

 private:
  void accept_connections();
  void wait_until_there_is_room();
  void serve(int descriptor);
  /// One request and its answer; false when the connection is over.
  bool serve_request(Connection& connection, BufferedSocket& socket, bool is_last);
  bool answer(Connection& connection, BufferedSocket& socket, const RequestHead& head,
              std::string body, bool is_last);
  void refuse(Connection& connection, BufferedSocket& socket, const WireError& error);
  std::optional<WireError> refusal_of(const RequestHead& head);
  /// The error as pages may read it, or not.
  WireError about(const RequestHead& head, WireError error);

  const HttpServerOptions options_;
  const Handle handle_;
  const Refuse refuse_;
  const MayPagesRead may_pages_read_;
  Listener listener_;
  OpenConnections connections_;
  std::atomic<bool> draining_{false};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> delayed_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> wire_refusals_{0};
  std::thread accepting_;
  ConnectionThreads threads_;  // last: its destructor waits for threads that use all of the above
};

}  // namespace millrace
