#pragma once
// CurlHttpCaller: sends HTTP requests to other people's servers with libcurl (see README.md in this
// folder). Implements the ports runtime/outbound/http_caller.h and http_streams.h; one thread drives all transfers.
//
// Threads: all methods may be called from any thread; `stop` and the destructor not from a `done`.
// `done` is called on the caller's own thread, under no lock, and must not throw; a call that is
// refused at once (too many, or stopped) is answered by the thread that calls.
// Ends: `stop`, or the destructor, answers what is outstanding with `overloaded` and joins the thread.

#include "http/outbound/egress_guard.h"
#include "http/outbound/outbound_stats.h"
#include "runtime/base/log.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/outbound/http_streams.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

struct OutboundOptions {
  /// Calls in the air at once, and of one project. The others wait their turn.
  std::size_t calls_max = limits::outbound_calls_max;
  std::size_t calls_per_project_max = limits::outbound_calls_per_project_max;
  /// Calls accepted beyond `calls_max`. Beyond both together a call is answered `overloaded`.
  std::size_t waiting_max = limits::outbound_waiting_max;
  /// How long a call waits for its turn, before its own timeout begins. Beyond: `overloaded`.
  Millis waiting_time_max = limits::outbound_waiting_time_max;
  /// Bytes of all response bodies that are being received. A response that would go beyond is given
  /// up with `overloaded` (never paused: paused ones could hold all the memory and wait for each other).
  std::size_t bytes_in_flight_max = 512u << 20;
  /// Ranges that requests may reach besides the public internet.
  std::vector<IpRange> egress_allow;
  /// "http://host:port", "https://..." or "socks5h://..."; empty: none. The environment is not asked.
  /// With a proxy, names are resolved by the proxy: then only addresses written in URLs are guarded
  /// here, and the proxy must guard what names lead to.
  std::string proxy;
  /// Hosts reached without the proxy, guarded in full: "a.example", ".example" with all below, "*".
  std::vector<std::string> no_proxy;
  /// PEM file of certificates that are trusted besides the system's. Read once.
  std::string extra_ca_file;
  /// Names with given addresses, "host:port:address[,address]", as curl's --resolve. Guarded.
  std::vector<std::string> resolve;
};

class CurlHttpCaller final : public HttpCaller, public HttpStreams {
 public:
  /// Error invalid_parameters: an option that cannot be used, and why.
  static Result<std::unique_ptr<CurlHttpCaller>> make(OutboundOptions options, LogSink log);
  ~CurlHttpCaller() override;

  using CallId = HttpCaller::CallId;
  CallId call(HttpRequest request, std::function<void(HttpOutcome)> done) override;
  CallId open(HttpRequest request, std::shared_ptr<ResponseStream> into) override;
  void resume(CallId call) override;
  void cancel(CallId call) override;
  void stop() override;

  /// Thread-safe.
  OutboundStats stats() const;

 private:
  class Impl;
  explicit CurlHttpCaller(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
