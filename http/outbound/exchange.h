#pragma once
// One request and its response over libcurl: no redirects, no second try, no waiting. Says what the
// peer did wrong in terms of the port's errors.
//
// libcurl would send a request again, silently and of any method, when the kept connection that it was
// sent over ends without an answer. The peer may have carried it out by then, so the second sending is
// stopped: the exchange fails, and whether there is another one is a matter of the step's retry policy.
// A stream that an HTTP/2 peer refuses on a new connection was not looked at, and is sent again.
//
// Made, driven by a CurlLoop and destroyed on the caller's one thread.

#include "http/outbound/egress_guard.h"
#include "http/outbound/form_body.h"
#include "http/outbound/outbound_url.h"
#include "http/outbound/response_body.h"
#include "http/outbound/response_head.h"
#include "runtime/outbound/http_caller.h"
#include "runtime/outbound/response_stream.h"

#include <array>
#include <cstdint>
#include <curl/curl.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// What all exchanges of one caller share.
struct ExchangeSettings {
  EgressGuard guard;
  std::string proxy;  // empty: none, whatever the environment says
  std::vector<std::string>
      no_proxy;         // hosts that are reached directly: "a.b", ".b" with all below, "*"
  std::string ca_file;  // what certificates are checked against; empty: the system's
  curl_slist* resolve = nullptr;  // names whose addresses are given, as curl's --resolve
  std::size_t header_bytes_max = limits::response_header_bytes_max;

  BytesInFlight in_flight;
};

struct ExchangeRequest {
  std::string method;
  OutboundUrl url;
  std::vector<HttpHeader> headers;  // checked
  SharedBytes body;
  std::shared_ptr<const FormBody> form;  // in place of `body`
  std::size_t response_bytes_max = limits::response_bytes_max;
  std::shared_ptr<ResponseStream> stream;  // where the answer goes; null: it is gathered
  Millis time_left{};  // beyond: step_timeout; libcurl divides it between a host's addresses
};

/// What an exchange moved, for the statistics.
struct ExchangeTraffic {
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  bool reused_connection = false;
};

class Exchange {
 public:
  Exchange(ExchangeSettings& settings, ExchangeRequest request);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Why it cannot even be begun; nothing when it can.
  std::optional<Error> refusal() const;

  CURL* handle() const { return handle_; }
  const ExchangeRequest& request() const { return request_; }
  ExchangeTraffic traffic() const;

  /// There is room again in the stream that the answer goes to.
  void resume();

  /// What came of it, once libcurl has said how it ended. Once.
  HttpOutcome outcome(CURLcode code);

 private:
  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int on_sending(void* self, char*, char*, int, int);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  template <class Value>
  void set(CURLoption option, Value value);
  void set_connection();
  void set_method_and_body();
  void set_headers();
  void add_header_line(const std::string& line);
  bool uses_proxy() const;
  bool is_out_of_time() const;
  void begin_stream();
  Error failure(CURLcode code) const;
  Error blocked() const;
  std::string curl_says(CURLcode code) const;

  ExchangeSettings& settings_;
  const ExchangeRequest request_;
  CURL* const handle_;
  curl_slist* header_lines_ = nullptr;
  const bool uses_proxy_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  ResponseHead head_;
  ResponseBody body_;
  std::size_t form_offset_ = 0;
  bool stream_has_begun_ = false;

  // Why the exchange was ended by us, or what went wrong where libcurl cannot tell.
  std::optional<Error> ended_by_us_;
  std::string blocked_address_;
  std::string_view blocked_as_;
  bool tried_an_address_ = false;
  bool sent_over_kept_ = false;  // over a connection that had served another request
  long connections_made_ = 0;    // before the latest sending
  bool out_of_descriptors_ = false;
};

}  // namespace millrace
