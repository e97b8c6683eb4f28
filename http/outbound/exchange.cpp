#include "http/outbound/exchange.h"

#include "http/outbound/curl_failure.h"
#include "http/outbound/request_headers.h"
#include "runtime/base/check.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace millrace {
namespace {

/// How long a connection may have been idle to be used again. Most servers close theirs after 60 s or
/// later, and a request that meets the closing is lost.
constexpr long kept_connection_age_max_s = 55;

std::optional<IpAddress> address_of(const curl_sockaddr& socket) {
  IpAddress address;
  if (socket.family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &socket.addr, sizeof in);
    std::memcpy(address.bytes.data(), &in.sin_addr, sizeof in.sin_addr);
    return address;
  }
  if (socket.family == AF_INET6) {
    // curl_sockaddr declares a short sockaddr, but what lies there has `addrlen` bytes.
    sockaddr_in6 in{};
    if (socket.addrlen < sizeof in) return std::nullopt;
    std::memcpy(&in, static_cast<const void*>(&socket.addr), sizeof in);
    address.family = IpFamily::v6;
    std::memcpy(address.bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
    return address;
  }
  return std::nullopt;
}

bool is_local_name(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "localhost.";
}

bool is_bypassed(const std::string& host, const std::vector<std::string>& no_proxy) {
  return std::any_of(no_proxy.begin(), no_proxy.end(), [&](const std::string& each) {
    if (each.starts_with('.')) return host.ends_with(each) || host == each.substr(1);
    return each == "*" || host == each;
  });
}

ResponseBody::Encoding encoding_of(const ExchangeRequest& request) {
  return has_header(request.headers, "accept-encoding") ? ResponseBody::Encoding::the_callers
                                                        : ResponseBody::Encoding::ours;
}

}  // namespace

Exchange::Exchange(ExchangeSettings& settings, ExchangeRequest request)
    : settings_(settings),
      request_(std::move(request)),
      handle_(curl_easy_init()),
      uses_proxy_(uses_proxy()),
      head_(settings.header_bytes_max),
      body_(settings.in_flight, request_.response_bytes_max, encoding_of(request_)) {
  if (handle_ == nullptr) {
    ended_by_us_ = Error(ErrorCode::overloaded, "out of memory for another request");
    return;
  }
  set_connection();
  set_method_and_body();
  set_headers();
}

Exchange::~Exchange() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(header_lines_);
}

template <class Value>
void Exchange::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle_, option, value);
  if (code == CURLE_OK || ended_by_us_) return;
  ended_by_us_ = Error(ErrorCode::internal_error, "libcurl refuses option " +
                                                      std::to_string(static_cast<int>(option)) +
                                                      ": " + curl_easy_strerror(code));
}

void Exchange::set_connection() {
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_URL, request_.url.text.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  // libcurl pauses an HTTP/2 connection with all its streams: an answer that may have to wait has its own.
  set(CURLOPT_HTTP_VERSION,
      static_cast<long>(request_.stream ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  // For https a burst of calls waits for the first connection, to learn whether it takes them all
  // (HTTP/2). Plain http would have to wait for the whole first answer.
  set(CURLOPT_PIPEWAIT, request_.url.scheme == "https" && !request_.stream ? 1L : 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  // Without it, removing a call whose name is still being resolved waits for that resolution. With
  // it, the resolving thread goes on alone and cleans up after itself.
  set(CURLOPT_QUICK_EXIT, 1L);
  const long time_left = static_cast<long>(std::max(request_.time_left, Millis(1)).count());
  set(CURLOPT_TIMEOUT_MS, time_left);
  set(CURLOPT_CONNECTTIMEOUT_MS, time_left);
  // Never the environment's: only an empty text keeps libcurl from looking there.
  set(CURLOPT_PROXY, uses_proxy_ ? settings_.proxy.c_str() : "");
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // libcurl keeps the parsed certificates for later connections only when there is no directory.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
  if (settings_.resolve != nullptr) set(CURLOPT_RESOLVE, settings_.resolve);
  set(CURLOPT_MAXAGE_CONN, kept_connection_age_max_s);
  set(CURLOPT_PREREQFUNCTION, &Exchange::on_sending);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  // CURLOPT_ACCEPT_ENCODING stays unset: libcurl takes a compressed body that is cut for a whole one.
}

void Exchange::set_method_and_body() {
  if (request_.form) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.form->size()));
    set(CURLOPT_READFUNCTION, &Exchange::on_read);
    set(CURLOPT_READDATA, static_cast<void*>(this));
    set(CURLOPT_SEEKFUNCTION, &Exchange::on_seek);
    set(CURLOPT_SEEKDATA, static_cast<void*>(this));
  } else if (request_.body) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body->size()));
    set(CURLOPT_POSTFIELDS, request_.body->c_str());
  } else if (request_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH") {
    // Servers expect a length from these, be it 0.
    set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
    set(CURLOPT_POSTFIELDS, "");
  } else {
    set(CURLOPT_HTTPGET, 1L);
  }
  set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Exchange::add_header_line(const std::string& line) {
  curl_slist* const longer = curl_slist_append(header_lines_, line.c_str());
  CHECK(longer != nullptr, "out of memory for a header");
  header_lines_ = longer;
}

void Exchange::set_headers() {
  const auto& headers = request_.headers;
  for (const HttpHeader& each : headers) {
    // libcurl leaves out a header without value, unless it ends in a semicolon.
    const bool is_empty = each.value.find_first_not_of(" \t") == std::string::npos;
    add_header_line(is_empty ? each.name + ";" : each.name + ": " + each.value);
  }
  if (!has_header(headers, "user-agent")) add_header_line("User-Agent: millrace");
  if (!has_header(headers, "accept-encoding")) {
    // A range of a compressed body could not be unpacked.
    add_header_line(has_header(headers, "range") ? "Accept-Encoding: identity"
                                                 : "Accept-Encoding: gzip, deflate");
  }
  // Left to itself, libcurl waits for "100 Continue" and calls every body a form.
  add_header_line("Expect:");
  if (!has_header(headers, "content-type")) add_header_line("Content-Type:");
  set(CURLOPT_HTTPHEADER, header_lines_);
}

bool Exchange::uses_proxy() const {
  return !settings_.proxy.empty() && !is_bypassed(request_.url.host, settings_.no_proxy);
}

std::optional<Error> Exchange::refusal() const {
  if (ended_by_us_) return ended_by_us_;
  if (!uses_proxy_) return std::nullopt;
  // The proxy resolves names and connects, so all that can be judged here is what the URL says.
  const auto literal = IpAddress::parse(request_.url.host);
  const auto judged = literal                            ? literal
                      : is_local_name(request_.url.host) ? IpAddress::parse("127.0.0.1")
                                                         : std::nullopt;
  if (!judged) return std::nullopt;
  const auto objection = settings_.guard.objection(*judged);
  if (!objection) return std::nullopt;
  return Error(ErrorCode::blocked_address,
               request_.url.shown() + " is " + std::string(*objection) +
                   ", which requests may not reach; the operator can open it with --egress-allow " +
                   IpRange::of(*judged).text());
}

curl_socket_t Exchange::on_open_socket(void* self, curlsocktype, curl_sockaddr* socket_address) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (exchange.sent_over_kept_) return CURL_SOCKET_BAD;  // for a second sending
  if (!exchange.uses_proxy_) {
    const auto address = address_of(*socket_address);
    const auto objection = address ? exchange.settings_.guard.objection(*address)
                                   : std::optional<std::string_view>("an unknown kind of address");
    if (objection) {
      exchange.blocked_address_ = address ? address->text() : "?";
      exchange.blocked_as_ = *objection;
      return CURL_SOCKET_BAD;  // libcurl goes on with the host's next address
    }
  }
  exchange.tried_an_address_ = true;
  const int opened = ::socket(socket_address->family, socket_address->socktype | SOCK_CLOEXEC,
                              socket_address->protocol);
  if (opened < 0) exchange.out_of_descriptors_ = errno == EMFILE || errno == ENFILE;
  return opened < 0 ? CURL_SOCKET_BAD : opened;
}

/// Called before each sending of the request, the ones that libcurl decides on itself included.
int Exchange::on_sending(void* self, char*, char*, int, int) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (exchange.sent_over_kept_) return CURL_PREREQFUNC_ABORT;
  long made = 0;
  curl_easy_getinfo(exchange.handle_, CURLINFO_NUM_CONNECTS, &made);
  exchange.sent_over_kept_ = made == exchange.connections_made_;
  exchange.connections_made_ = made;
  return CURL_PREREQFUNC_OK;
}

std::size_t Exchange::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  if (!exchange.head_.take_line({bytes, length})) return 0;
  // Nothing was asked to be upgraded; what follows would not be HTTP.
  if (exchange.head_.status() == 101) return 0;
  exchange.begin_stream();
  return length;
}

/// Once: what comes later are trailers.
void Exchange::begin_stream() {
  if (!request_.stream || stream_has_begun_ || !head_.is_complete()) return;
  stream_has_begun_ = true;
  HttpResponse head;
  head.status = head_.status();
  head.headers = head_.headers();
  request_.stream->begin(std::move(head));
}

std::size_t Exchange::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  if (exchange.request_.stream) {
    const auto put = exchange.request_.stream->put({bytes, length});
    return put == ResponseStream::Put::full ? CURL_WRITEFUNC_PAUSE : length;
  }
  const auto problem = exchange.body_.take(exchange.head_, {bytes, length});
  if (!problem) return length;
  exchange.ended_by_us_ = Error(
      problem->code, "the response of " + exchange.request_.url.shown() + " " + problem->message);
  return 0;
}

std::size_t Exchange::on_read(char* into, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t copied =
      exchange.request_.form->read(exchange.form_offset_, {into, size * count});
  exchange.form_offset_ += copied;
  return copied;
}

int Exchange::on_seek(void* self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(self)->form_offset_ = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

void Exchange::resume() { curl_easy_pause(handle_, CURLPAUSE_CONT); }

ExchangeTraffic Exchange::traffic() const {
  curl_off_t sent = 0;
  curl_off_t received = 0;
  long request_head = 0;
  long response_head = 0;
  long connects = 0;
  curl_easy_getinfo(handle_, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(handle_, CURLINFO_SIZE_DOWNLOAD_T, &received);
  curl_easy_getinfo(handle_, CURLINFO_REQUEST_SIZE, &request_head);
  curl_easy_getinfo(handle_, CURLINFO_HEADER_SIZE, &response_head);
  curl_easy_getinfo(handle_, CURLINFO_NUM_CONNECTS, &connects);
  return {static_cast<std::uint64_t>(sent + request_head),
          static_cast<std::uint64_t>(received + response_head),
          connects == 0 && head_.status() != 0};
}

/// libcurl has one code for our time limit and for the kernel's own, which ends a connection attempt.
bool Exchange::is_out_of_time() const {
  curl_off_t total_us = 0;
  curl_easy_getinfo(handle_, CURLINFO_TOTAL_TIME_T, &total_us);
  return std::chrono::microseconds(total_us) + Millis(1) >= request_.time_left;
}

HttpOutcome Exchange::outcome(CURLcode code) {
  if (ended_by_us_) return *ended_by_us_;
  if (code != CURLE_OK) return failure(code);
  if (!head_.is_complete()) {
    return Error(ErrorCode::bad_response, request_.url.shown() + " sent no complete response");
  }
  if (!body_.is_whole()) {
    return Error(ErrorCode::bad_response,
                 "the compressed response of " + request_.url.shown() + " ends too early");
  }
  HttpResponse response;
  response.status = head_.status();
  response.headers = std::move(head_.headers());
  response.body = body_.bytes();
  return response;
}

Error Exchange::blocked() const {
  const auto address = IpAddress::parse(blocked_address_);
  // What an internal name resolves to is no business of whoever only knows the name.
  if (!IpAddress::parse(request_.url.host)) {
    return Error(ErrorCode::blocked_address,
                 request_.url.shown() +
                     " leads to an address that requests may not reach; the operator can open it "
                     "with --egress-allow");
  }
  return Error(ErrorCode::blocked_address,
               request_.url.shown() + " leads to " + blocked_address_ + ", " +
                   std::string(blocked_as_) +
                   ", which requests may not reach; the operator can open it with --egress-allow " +
                   (address ? IpRange::of(*address).text() : "RANGE"));
}

std::string Exchange::curl_says(CURLcode code) const {
  // The buffer names hosts, addresses and certificates, and is more precise than the code. What a
  // certificate says is the peer's text, hence the filter.
  const std::string text = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  std::string shown;
  for (const char c : text.substr(0, 200)) shown += c >= ' ' && c < 0x7f ? c : '?';
  return shown;
}

Error Exchange::failure(CURLcode code) const {
  const std::string host = request_.url.shown();
  const bool answered = head_.status() != 0;
  const CurlFailure kind = kind_of(code);
  if (head_.is_too_large() || (code == CURLE_OUT_OF_MEMORY && !head_.is_complete())) {
    return Error(ErrorCode::response_too_large,
                 "the headers of the response of " + host + " have more than " +
                     std::to_string(settings_.header_bytes_max) + " bytes");
  }
  if (out_of_descriptors_) {
    return Error(ErrorCode::overloaded, "no file descriptor is left for a connection to " + host +
                                            "; raise the limit on open files");
  }
  if (code == CURLE_COULDNT_CONNECT && !blocked_address_.empty() && !tried_an_address_) {
    return blocked();
  }
  if (kind == CurlFailure::tls) {
    return Error(ErrorCode::tls_failed,
                 "the TLS connection to " + host + " failed: " + curl_says(code));
  }
  if (code == CURLE_OPERATION_TIMEDOUT && is_out_of_time()) {
    return Error(ErrorCode::step_timeout,
                 host + " took longer than " + std::to_string(request_.time_left.count()) + " ms");
  }
  const bool is_cut = kind == CurlFailure::cut || kind == CurlFailure::connection ||
                      code == CURLE_ABORTED_BY_CALLBACK;
  if (sent_over_kept_ && !answered && is_cut) {
    return Error(ErrorCode::connection_failed,
                 host +
                     " closed the kept connection, over which the request was sent, without an "
                     "answer; it may have carried it out, so that it was not sent again");
  }
  if (kind == CurlFailure::connection) {
    return Error(ErrorCode::connection_failed, "no connection to " + host + ": " + curl_says(code));
  }
  if (kind == CurlFailure::cut && !answered) {
    return Error(ErrorCode::connection_failed, host + " closed the connection without an answer");
  }
  if (head_.status() == 101) {
    return Error(ErrorCode::bad_response, host + " switched to a protocol that nobody asked for");
  }
  return Error(ErrorCode::bad_response,
               "the response of " + host + " is broken: " + curl_easy_strerror(code));
}

}  // namespace millrace
