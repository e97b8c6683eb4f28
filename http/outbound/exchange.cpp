#include "http/outbound/exchange.h"

#include "http/outbound/request_headers.h"
#include "runtime/base/check.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace millrace {
namespace {

/// How many compressed bytes a response may have at any cap (beyond: two for each unpacked one).
constexpr std::size_t packed_bytes_spare = 32u << 10;

/// Grows by doubling, as a string does by itself, but never beyond `max`.
void make_room(std::string& text, std::size_t needed, std::size_t max) {
  if (needed <= text.capacity()) return;
  std::string larger;
  larger.reserve(std::min(std::max(needed, 2 * text.capacity()), max));
  larger.append(text);
  text.swap(larger);
}

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

bool is_tls_failure(CURLcode code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
      return true;
    default:
      return false;
  }
}

bool is_connection_failure(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PROXY:
      return true;
    default:
      return false;
  }
}

/// What ends a connection in mid-air: before the first answer it is the connection's failure (safe
/// to call so even if the peer has read the request), after it the response is broken.
bool is_cut(CURLcode code) {
  switch (code) {
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:  // also of an HTTP/2 connection that ends before the answer
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

}  // namespace

Exchange::Exchange(ExchangeSettings& settings, ExchangeRequest request)
    : settings_(settings),
      request_(std::move(request)),
      handle_(curl_easy_init()),
      uses_proxy_(uses_proxy()),
      head_(settings.header_bytes_max) {
  if (handle_ == nullptr) {
    ended_by_us_ = Error(ErrorCode::overloaded, "out of memory for another request");
    return;
  }
  set_connection();
  set_method_and_body();
  set_headers();
}

Exchange::~Exchange() {
  settings_.bytes_in_flight -= std::min(body_->size(), settings_.bytes_in_flight);
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
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  // For https a burst of calls waits for the first connection, to learn whether it takes them all
  // (HTTP/2). Plain http would have to wait for the whole first answer.
  set(CURLOPT_PIPEWAIT, request_.url.scheme == "https" ? 1L : 0L);
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

std::size_t Exchange::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  if (!exchange.head_.take_line({bytes, length})) return 0;
  // Nothing was asked to be upgraded; what follows would not be HTTP.
  if (exchange.head_.status() == 101) return 0;
  return length;
}

std::size_t Exchange::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  if (exchange.received_ == 0 && length > 0 && !exchange.begin_body()) return 0;
  exchange.received_ += length;
  return exchange.take_received({bytes, length}) ? length : 0;
}

/// Whether the body that is about to arrive can be read, and what it has to be unpacked with.
bool Exchange::begin_body() {
  const auto& headers = head_.headers();
  // libcurl would undo it, and take a cut one for a whole one.
  if (has_unasked_transfer_coding(headers)) {
    return end_with(ErrorCode::bad_response, "has a transfer coding that was not asked for");
  }
  if (head_.status() == 206) return true;  // a part of a compressed body is the caller's to read
  const ContentCoding coding = content_coding(headers);
  if (coding == ContentCoding::several) {
    return end_with(ErrorCode::bad_response, "is encoded more than once, which is not undone");
  }
  // Who asked for an encoding of their own can read it.
  if (coding == ContentCoding::unknown && !has_header(request_.headers, "accept-encoding")) {
    return end_with(ErrorCode::bad_response,
                    "has an encoding that was not asked for; gzip and deflate are");
  }
  if (coding == ContentCoding::gzip || coding == ContentCoding::deflate) decoder_.emplace(coding);
  return true;
}

bool Exchange::take_received(std::string_view bytes) {
  if (!decoder_) return take_body(bytes);
  // Packed data may be larger than what is in it, but it could also go on for ever and hold nothing.
  if (received_ > packed_bytes_spare &&
      (received_ - packed_bytes_spare) / 2 > request_.response_bytes_max) {
    return end_with(ErrorCode::response_too_large,
                    "has more than twice as many compressed bytes as the " +
                        std::to_string(request_.response_bytes_max) + " that it may unpack to");
  }
  const auto verdict =
      decoder_->feed(bytes, [this](std::string_view block) { return take_body(block); });
  if (verdict == ContentDecoder::Verdict::broken) {
    return end_with(ErrorCode::bad_response, "is broken: its compressed body cannot be unpacked");
  }
  return verdict == ContentDecoder::Verdict::good;
}

bool Exchange::take_body(std::string_view bytes) {
  const std::size_t max = request_.response_bytes_max;
  if (bytes.size() > max - body_->size()) {
    return end_with(ErrorCode::response_too_large,
                    "has more than " + std::to_string(max) + " bytes (decompressed)");
  }
  if (bytes.size() > settings_.bytes_in_flight_max -
                         std::min(settings_.bytes_in_flight_max, settings_.bytes_in_flight)) {
    return end_with(ErrorCode::overloaded,
                    "was given up: the responses that are being received fill the memory set aside "
                    "for them");
  }
  make_room(*body_, body_->size() + bytes.size(), max);
  body_->append(bytes);
  settings_.bytes_in_flight += bytes.size();
  return true;
}

/// Always false, as what makes libcurl stop.
bool Exchange::end_with(ErrorCode code, std::string_view what) {
  ended_by_us_ = Error(code, "the response of " + request_.url.shown() + " " + std::string(what));
  return false;
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
  if (decoder_ && !decoder_->is_whole()) {
    return Error(ErrorCode::bad_response,
                 "the compressed response of " + request_.url.shown() + " ends too early");
  }
  HttpResponse response;
  response.status = head_.status();
  response.headers = std::move(head_.headers());
  response.body = body_;
  return response;
}

Error Exchange::blocked() const {
  const auto address = IpAddress::parse(blocked_address_);
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
  if (is_tls_failure(code)) {
    return Error(ErrorCode::tls_failed,
                 "the TLS connection to " + host + " failed: " + curl_says(code));
  }
  if (code == CURLE_OPERATION_TIMEDOUT && is_out_of_time()) {
    return Error(ErrorCode::step_timeout,
                 host + " took longer than " + std::to_string(request_.time_left.count()) + " ms");
  }
  if (is_connection_failure(code)) {
    return Error(ErrorCode::connection_failed, "no connection to " + host + ": " + curl_says(code));
  }
  if (is_cut(code) && !answered) {
    return Error(ErrorCode::connection_failed, host + " closed the connection without an answer");
  }
  if (head_.status() == 101) {
    return Error(ErrorCode::bad_response, host + " switched to a protocol that nobody asked for");
  }
  return Error(ErrorCode::bad_response,
               "the response of " + host + " is broken: " + curl_easy_strerror(code));
}

}  // namespace millrace
