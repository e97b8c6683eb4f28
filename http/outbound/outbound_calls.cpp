#include "http/outbound/outbound_calls.h"

#include "http/outbound/request_headers.h"
#include "runtime/base/check.h"
#include "runtime/base/random.h"
#include "runtime/secrets/redaction.h"
#include "runtime/text/hex_text.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>

namespace millrace {
namespace {

constexpr std::size_t tokens_max = 10'000;
constexpr std::size_t token_answer_bytes_max = 1u << 20;

std::string random_boundary() {
  std::array<std::uint8_t, 15> bytes;
  SystemRandom().fill(bytes);
  return "millrace-" + to_hex(bytes);
}

bool is_redirect(const HttpResponse& response) {
  const std::string* const location = response.header("location");
  if (location == nullptr || location->empty()) return false;
  switch (response.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return true;
    default:
      return false;
  }
}

/// Whoever gets a response takes the tokens out of it; an error has none left.
void tell_tokens(std::vector<std::string>& tokens, HttpOutcome& outcome) {
  if (outcome) {
    outcome->tokens = std::move(tokens);
    return;
  }
  Redaction redaction;
  for (const std::string& token : tokens) redaction.add(token, "[authorization]");
  outcome = Error(outcome.error().code, redaction.apply(outcome.error().message));
}

/// As browsers do (WHATWG fetch): 303 asks for the result by GET, 301 and 302 turn a POST into one.
bool becomes_get(int status, const std::string& method) {
  if (status == 303) return method != "GET" && method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
}

}  // namespace

/// What is asked of one server; a redirect changes it.
struct Hop {
  OutboundUrl url;
  std::string method;
  std::vector<HttpHeader> headers;
  SharedBytes body;
  std::shared_ptr<const FormBody> form;
};

struct OutboundCalls::Call {
  enum class Stage : std::uint8_t { waiting, token, exchange };

  CallId id = 0;
  ProjectId project;
  Millis timeout{};
  std::size_t response_bytes_max = 0;
  int redirects_max = 0;
  std::optional<ClientCredentials> credentials;
  Done done;

  Hop first;
  Hop hop;
  int redirects = 0;
  Stage stage = Stage::waiting;
  TurnQueue::Ticket ticket;
  Time deadline;
  CURL* exchange = nullptr;

  std::string token_key;
  std::string token;
  std::vector<std::string> tokens_sent;  // one for each hop: a few
  bool token_renewed = false;
  bool left_origin = false;

  /// The token belongs to the server that the caller named, and to no other; nor may another one
  /// choose where on that server it is used.
  bool carries_token() const { return !token.empty() && !left_origin; }
};

OutboundCalls::OutboundCalls(ExchangeSettings settings, TurnQueue::Limits limits,
                             Millis waiting_time_max, LogSink log)
    : settings_(std::move(settings)),
      waiting_time_max_(waiting_time_max),
      log_(std::move(log)),
      loop_(static_cast<long>(limits.calls_max)),
      turns_(limits),
      tokens_(tokens_max) {}

OutboundCalls::~OutboundCalls() {
  for (auto& [handle, running] : running_) loop_.remove(handle);
}

// --- arrival and waiting -------------------------------------------------------------------------

void OutboundCalls::start(CallId id, HttpRequest request, Done done) {
  auto call = std::make_unique<Call>();
  call->id = id;
  call->done = std::move(done);
  call->project = request.project;
  call->timeout = std::min<Millis>(request.timeout, limits::request_time_settable_max);
  call->response_bytes_max = request.response_bytes_max;
  call->redirects_max = request.redirects_max;
  Call& started = *(calls_[id] = std::move(call));
  started.ticket = turns_.add(started.project, id);
  set_deadline(started, waiting_time_max_);

  if (auto checked = check_request(request); !checked) return answer(started, checked.error());
  auto url = parse_outbound_url(request.url);
  if (!url) return answer(started, url.error());
  Hop& hop = started.first;
  hop.url = std::move(*url);
  hop.method = std::move(request.method);
  hop.headers = sendable_headers(request.headers);
  hop.body = std::move(request.body);
  if (!request.parts.empty()) {
    hop.form = std::make_shared<const FormBody>(request.parts, random_boundary());
    replace_header(hop.headers, "Content-Type", hop.form->content_type());
  }
  started.credentials = std::move(request.client_credentials);
  started.hop = hop;
}

void OutboundCalls::take_turns() {
  while (const auto id = turns_.take()) {
    Call& call = *calls_.at(*id);
    call.stage = Call::Stage::exchange;
    set_deadline(call, call.timeout);
    begin(call);
  }
}

void OutboundCalls::set_deadline(Call& call, Millis time) {
  deadlines_.erase({call.deadline, call.id});
  call.deadline = std::chrono::steady_clock::now() + time;
  deadlines_.insert({call.deadline, call.id});
}

Error OutboundCalls::out_of_time(const Call& call) const {
  if (call.stage == Call::Stage::waiting) {
    return Error(ErrorCode::overloaded, "the request waited longer than " +
                                            std::to_string(waiting_time_max_.count()) +
                                            " ms for its turn; too many others are in the air");
  }
  return Error(ErrorCode::step_timeout,
               "the request took longer than " + std::to_string(call.timeout.count()) + " ms");
}

void OutboundCalls::meet_deadlines(Time now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Call& call = *calls_.at(deadlines_.begin()->second);
    answer(call, out_of_time(call));
  }
}

// --- in the air ----------------------------------------------------------------------------------

void OutboundCalls::begin(Call& call) {
  if (call.credentials) {
    need_token(call);
  } else {
    send(call);
  }
}

void OutboundCalls::send(Call& call) {
  call.stage = Call::Stage::exchange;
  ExchangeRequest request;
  request.method = call.hop.method;
  request.url = call.hop.url;
  request.headers = call.hop.headers;
  if (call.carries_token()) {
    replace_header(request.headers, "Authorization", "Bearer " + call.token);
    call.tokens_sent.push_back(call.token);
  }
  request.body = call.hop.body;
  request.form = call.hop.form;
  request.response_bytes_max = call.response_bytes_max;
  request.time_left = std::chrono::ceil<Millis>(call.deadline - std::chrono::steady_clock::now());
  auto begun = begin_exchange(std::move(request), [this, id = call.id](HttpOutcome outcome) {
    take_response(id, std::move(outcome));
  });
  if (!begun) return answer(call, begun.error());
  call.exchange = *begun;
}

void OutboundCalls::take_response(CallId id, HttpOutcome outcome) {
  Call& call = *calls_.at(id);
  call.exchange = nullptr;
  if (!outcome) {
    const bool late = outcome.error().code == ErrorCode::step_timeout;
    return answer(call, late ? HttpOutcome(out_of_time(call)) : std::move(outcome));
  }
  if (is_redirect(*outcome) && call.redirects_max > 0) return follow(call, *outcome);
  if (outcome->status == 401 && call.carries_token() && !call.token_renewed) {
    tokens_.drop(call.token_key, call.token);
    call.token_renewed = true;
    call.redirects = 0;
    call.hop = call.first;  // it has not left its origin, or it would carry no token
    return need_token(call);
  }
  answer(call, std::move(outcome));
}

void OutboundCalls::follow(Call& call, const HttpResponse& response) {
  if (++call.redirects > call.redirects_max) {
    return answer(call, Error(ErrorCode::too_many_redirects,
                              call.first.url.shown() + " redirected more than " +
                                  std::to_string(call.redirects_max) + " times"));
  }
  auto target = follow_location(call.hop.url, *response.header("location"));
  if (!target) return answer(call, target.error());
  Hop& hop = call.hop;
  if (!target->same_origin(hop.url)) {
    hop.headers = headers_for_other_origin(hop.headers);
    call.left_origin = true;
  }
  if (becomes_get(response.status, hop.method)) {
    hop.method = "GET";
    hop.body = nullptr;
    hop.form = nullptr;
    hop.headers = headers_without_body(hop.headers);
  }
  hop.url = std::move(*target);
  {
    const std::lock_guard lock(stats_mutex_);
    ++stats_.redirects;
  }
  send(call);
}

void OutboundCalls::answer(Call& call, HttpOutcome outcome) {
  deadlines_.erase({call.deadline, call.id});
  if (call.exchange != nullptr) abort_exchange(call.exchange);
  if (call.stage == Call::Stage::token) leave_fetch(call);
  if (call.stage == Call::Stage::waiting) {
    turns_.remove(call.project, call.ticket);
  } else {
    turns_.end(call.project);
  }
  tell_tokens(call.tokens_sent, outcome);
  const Done done = std::move(call.done);
  calls_.erase(call.id);
  {
    const std::lock_guard lock(stats_mutex_);
    ++stats_.calls;
    if (!outcome) ++stats_.failures[outcome.error().code];
  }
  try {
    done(std::move(outcome));
  } catch (const std::exception& failure) {
    log_(LogLevel::error, std::string("a receiver of an HTTP response threw: ") + failure.what());
  }
}

// --- tokens --------------------------------------------------------------------------------------

void OutboundCalls::need_token(Call& call) {
  if (call.token_key.empty()) call.token_key = TokenCache::key(call.project, *call.credentials);
  if (auto cached = tokens_.find(call.token_key, std::chrono::steady_clock::now())) {
    call.token = std::move(*cached);
    return send(call);
  }
  call.stage = Call::Stage::token;
  const auto [fetch, is_new] = fetches_.try_emplace(call.token_key);
  fetch->second.waiters.push_back(call.id);
  if (!is_new) return;
  fetch->second.credentials = *call.credentials;
  fetch->second.how = tokens_.authentication(call.token_key);
  // A copy: the call, and its key, may end inside.
  fetch_token(std::string(call.token_key));
}

void OutboundCalls::fetch_token(const std::string& key) {
  TokenFetch& fetch = fetches_.at(key);
  auto url = parse_outbound_url(fetch.credentials.token_url);
  if (!url) {
    return hand_out(key, Error(url.error().code, "the token server: " + url.error().message));
  }
  fetch.url = std::move(*url);
  TokenServerRequest message = token_request(fetch.credentials, fetch.how);
  ExchangeRequest request;
  request.method = "POST";
  request.url = fetch.url;
  request.headers = std::move(message.headers);
  request.body = std::move(message.body);
  request.response_bytes_max = token_answer_bytes_max;
  request.time_left = limits::request_time_max;
  auto begun = begin_exchange(std::move(request), [this, key](HttpOutcome outcome) {
    take_token_answer(key, std::move(outcome));
  });
  if (!begun) return hand_out(key, begun.error());
  fetch.exchange = *begun;
}

void OutboundCalls::take_token_answer(const std::string& key, HttpOutcome outcome) {
  TokenFetch& fetch = fetches_.at(key);
  fetch.exchange = nullptr;
  if (!outcome) return hand_out(key, outcome.error());
  if (fetch.how == ClientAuthentication::header && refuses_client(*outcome)) {
    fetch.how = ClientAuthentication::body;
    return fetch_token(key);
  }
  auto grant = read_token_grant(*outcome, fetch.url.shown());
  if (grant) {
    tokens_.store(key, *grant, fetch.how, std::chrono::steady_clock::now());
    const std::lock_guard lock(stats_mutex_);
    ++stats_.tokens_fetched;
  }
  hand_out(key, grant);
}

void OutboundCalls::hand_out(const std::string& key, const Result<TokenGrant>& grant) {
  // Out of the map first: what a waiter does next may begin a new fetch for the same key.
  const TokenFetch fetch = std::move(fetches_.at(key));
  fetches_.erase(key);
  for (const CallId id : fetch.waiters) {
    Call& call = *calls_.at(id);
    call.stage = Call::Stage::exchange;
    if (!grant) {
      answer(call, grant.error());
      continue;
    }
    call.token = grant->token;
    send(call);
  }
}

void OutboundCalls::leave_fetch(const Call& call) {
  const auto found = fetches_.find(call.token_key);
  CHECK(found != fetches_.end(), "a call waits for a token that nobody fetches");
  std::erase(found->second.waiters, call.id);
  if (!found->second.waiters.empty()) return;
  if (found->second.exchange != nullptr) abort_exchange(found->second.exchange);
  fetches_.erase(found);
}

// --- exchanges -----------------------------------------------------------------------------------

Result<CURL*> OutboundCalls::begin_exchange(ExchangeRequest request,
                                            std::function<void(HttpOutcome)> then) {
  auto exchange = std::make_unique<Exchange>(settings_, std::move(request));
  if (auto refusal = exchange->refusal()) return *refusal;
  CURL* const handle = exchange->handle();
  if (!loop_.add(handle)) return Error(ErrorCode::overloaded, "out of memory for another request");
  running_[handle] = {std::move(exchange), std::move(then)};
  const std::lock_guard lock(stats_mutex_);
  ++stats_.requests;
  return handle;
}

void OutboundCalls::finish_exchange(CURL* handle, CURLcode code) {
  const auto found = running_.find(handle);
  CHECK(found != running_.end(), "a transfer ended that nobody began");
  Running ended = std::move(found->second);
  running_.erase(found);
  const ExchangeTraffic traffic = ended.exchange->traffic();
  {
    const std::lock_guard lock(stats_mutex_);
    stats_.bytes_sent += traffic.bytes_sent;
    stats_.bytes_received += traffic.bytes_received;
    if (traffic.reused_connection) ++stats_.reused_connections;
  }
  HttpOutcome outcome = ended.exchange->outcome(code);
  // Its memory is not in flight any more once the response is handed over.
  ended.exchange.reset();
  ended.then(std::move(outcome));
}

void OutboundCalls::abort_exchange(CURL* handle) {
  loop_.remove(handle);
  running_.erase(handle);
}

// --- the whole -----------------------------------------------------------------------------------

void OutboundCalls::cancel(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  answer(*found->second, Error(ErrorCode::cancelled, "the request was cancelled"));
}

void OutboundCalls::cancel_all(const Error& reason) {
  while (!calls_.empty()) answer(*calls_.begin()->second, reason);
  publish_sizes();
}

void OutboundCalls::run_once() {
  take_turns();
  publish_sizes();
  std::optional<Time> due;
  if (!deadlines_.empty()) due = deadlines_.begin()->first;
  loop_.run_once(due, [this](CURL* handle, CURLcode code) { finish_exchange(handle, code); });
  meet_deadlines(std::chrono::steady_clock::now());
}

void OutboundCalls::publish_sizes() {
  const std::lock_guard lock(stats_mutex_);
  stats_.waiting = turns_.waiting();
  stats_.in_air = turns_.in_air();
  stats_.bytes_in_flight = settings_.bytes_in_flight;
}

OutboundStats OutboundCalls::stats() const {
  const std::lock_guard lock(stats_mutex_);
  return stats_;
}

void OutboundCalls::count_refused(ErrorCode code) {
  const std::lock_guard lock(stats_mutex_);
  ++stats_.calls;
  ++stats_.failures[code];
}

}  // namespace millrace
