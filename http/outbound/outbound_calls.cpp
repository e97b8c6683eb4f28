#include "http/outbound/outbound_calls.h"

#include "http/outbound/hop.h"
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

std::string random_boundary() {
  std::array<std::uint8_t, 15> bytes;
  SystemRandom().fill(bytes);
  return "millrace-" + to_hex(bytes);
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

}  // namespace

struct OutboundCalls::Call {
  enum class Stage : std::uint8_t { waiting, token, exchange };

  CallId id = 0;
  TurnQueue::Owner owner;
  Millis timeout{};
  std::size_t response_bytes_max = 0;
  int redirects_max = 0;
  std::optional<ClientCredentials> credentials;
  Done done;
  std::shared_ptr<ResponseStream> stream;  // null: the answer is gathered

  Hop first;
  Hop hop;
  int redirects = 0;
  Stage stage = Stage::waiting;
  TurnQueue::Ticket ticket;
  Time deadline;
  Exchanges::Id exchange = nullptr;

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
    : waiting_time_max_(waiting_time_max),
      log_(std::move(log)),
      exchanges_(std::move(settings), limits.calls_max, counters_),
      turns_(limits),
      tokens_(exchanges_, counters_, std::chrono::steady_clock::now,
              [this](CallId id, const Result<std::string>& token) { take_token(id, token); }) {}

OutboundCalls::~OutboundCalls() = default;

// --- arrival and waiting -------------------------------------------------------------------------

void OutboundCalls::start(CallId id, HttpRequest request, Done done,
                          std::shared_ptr<ResponseStream> into) {
  auto call = std::make_unique<Call>();
  call->id = id;
  call->done = std::move(done);
  call->stream = std::move(into);
  call->owner = {request.project, request.user};
  call->timeout = std::min<Millis>(request.timeout, limits::request_time_settable_max);
  call->response_bytes_max = request.response_bytes_max;
  call->redirects_max = request.redirects_max;
  Call& started = *(calls_[id] = std::move(call));
  started.ticket = turns_.add(started.owner, id);
  set_deadline(started, waiting_time_max_);

  auto hop = first_hop(request, request.parts.empty() ? std::string() : random_boundary());
  if (!hop) return answer(started, hop.error());
  started.credentials = std::move(request.client_credentials);
  started.first = *hop;
  started.hop = std::move(*hop);
}

void OutboundCalls::resume(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end() || found->second->exchange == nullptr) return;
  exchanges_.resume(found->second->exchange);
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
  request.stream = call.stream;
  request.time_left = std::chrono::ceil<Millis>(call.deadline - std::chrono::steady_clock::now());
  auto begun = exchanges_.begin(std::move(request), [this, id = call.id](HttpOutcome outcome) {
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
  if (is_redirect(*outcome) && call.redirects_max > 0) return redirect(call, *outcome);
  if (outcome->status == 401 && call.carries_token() && !call.token_renewed) {
    tokens_.drop(call.token_key, call.token);
    call.token_renewed = true;
    call.redirects = 0;
    call.hop = call.first;  // it has not left its origin, or it would carry no token
    return need_token(call);
  }
  answer(call, std::move(outcome));
}

void OutboundCalls::redirect(Call& call, const HttpResponse& response) {
  if (++call.redirects > call.redirects_max) {
    return answer(call, Error(ErrorCode::too_many_redirects,
                              call.first.url.shown() + " redirected more than " +
                                  std::to_string(call.redirects_max) + " times"));
  }
  const auto origin = follow(call.hop, response);
  if (!origin) return answer(call, origin.error());
  if (*origin == Origin::other) call.left_origin = true;
  counters_.count([](OutboundStats& stats) { ++stats.redirects; });
  send(call);
}

void OutboundCalls::answer(Call& call, HttpOutcome outcome) {
  deadlines_.erase({call.deadline, call.id});
  if (call.exchange != nullptr) exchanges_.abort(call.exchange);
  if (call.stage == Call::Stage::token) tokens_.leave(call.token_key, call.id);
  if (call.stage == Call::Stage::waiting) {
    turns_.remove(call.owner, call.ticket);
  } else {
    turns_.end(call.owner);
  }
  tell_tokens(call.tokens_sent, outcome);
  const Done done = std::move(call.done);
  calls_.erase(call.id);
  counters_.count([&](OutboundStats& stats) {
    ++stats.calls;
    if (!outcome) ++stats.failures[outcome.error().code];
  });
  try {
    done(std::move(outcome));
  } catch (const std::exception& failure) {
    log_(LogLevel::error, std::string("a receiver of an HTTP response threw: ") + failure.what());
  }
}

// --- tokens --------------------------------------------------------------------------------------

void OutboundCalls::need_token(Call& call) {
  if (call.token_key.empty()) {
    call.token_key = TokenSource::key(call.owner.project, *call.credentials);
  }
  if (auto cached = tokens_.cached(call.token_key)) {
    call.token = std::move(*cached);
    return send(call);
  }
  call.stage = Call::Stage::token;
  tokens_.wait(call.token_key, *call.credentials, call.id);
}

void OutboundCalls::take_token(CallId id, const Result<std::string>& token) {
  Call& call = *calls_.at(id);
  call.stage = Call::Stage::exchange;
  if (!token) return answer(call, token.error());
  call.token = *token;
  send(call);
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
  exchanges_.run_once(due);
  meet_deadlines(std::chrono::steady_clock::now());
}

void OutboundCalls::publish_sizes() {
  counters_.count([this](OutboundStats& stats) {
    stats.waiting = turns_.waiting();
    stats.in_air = turns_.in_air();
    stats.bytes_in_flight = exchanges_.bytes_in_flight();
  });
}

void OutboundCalls::count_refused(ErrorCode code) {
  counters_.count([code](OutboundStats& stats) {
    ++stats.calls;
    ++stats.failures[code];
  });
}

}  // namespace millrace
