#include "http/outbound/token_source.h"

#include "runtime/base/check.h"

#include <utility>

namespace millrace {
namespace {

constexpr std::size_t tokens_max = 10'000;
constexpr std::size_t token_answer_bytes_max = 1u << 20;

}  // namespace

TokenSource::TokenSource(Exchanges& exchanges, OutboundCounters& counters,
                         std::function<Time()> now, Deliver deliver)
    : exchanges_(exchanges),
      counters_(counters),
      now_(std::move(now)),
      deliver_(std::move(deliver)),
      tokens_(tokens_max) {}

void TokenSource::wait(const std::string& key, const ClientCredentials& credentials,
                       WaiterId waiter) {
  const auto [fetch, is_new] = fetches_.try_emplace(key);
  fetch->second.waiters.push_back(waiter);
  if (!is_new) return;
  fetch->second.credentials = credentials;
  fetch->second.how = tokens_.authentication(key);
  // A copy: who waits, and the key with it, may end inside.
  ask(std::string(key));
}

void TokenSource::leave(const std::string& key, WaiterId waiter) {
  const auto found = fetches_.find(key);
  CHECK(found != fetches_.end(), "a call waits for a token that nobody fetches");
  std::erase(found->second.waiters, waiter);
  if (!found->second.waiters.empty()) return;
  if (found->second.exchange != nullptr) exchanges_.abort(found->second.exchange);
  fetches_.erase(found);
}

void TokenSource::ask(const std::string& key) {
  Fetch& fetch = fetches_.at(key);
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
  auto begun = exchanges_.begin(
      std::move(request), [this, key](const HttpOutcome& outcome) { take_answer(key, outcome); });
  if (!begun) return hand_out(key, begun.error());
  fetch.exchange = *begun;
}

void TokenSource::take_answer(const std::string& key, const HttpOutcome& outcome) {
  Fetch& fetch = fetches_.at(key);
  fetch.exchange = nullptr;
  if (!outcome) return hand_out(key, outcome.error());
  if (fetch.how == ClientAuthentication::header && refuses_client(*outcome)) {
    fetch.how = ClientAuthentication::body;
    return ask(key);
  }
  const auto grant = read_token_grant(*outcome, fetch.url.shown());
  if (!grant) return hand_out(key, grant.error());
  tokens_.store(key, *grant, fetch.how, now_());
  counters_.count([](OutboundStats& stats) { ++stats.tokens_fetched; });
  hand_out(key, grant->token);
}

void TokenSource::hand_out(const std::string& key, const Result<std::string>& token) {
  // Out of the map first: what a waiter does next may begin a new fetch for the same key.
  const Fetch fetch = std::move(fetches_.at(key));
  fetches_.erase(key);
  for (const WaiterId waiter : fetch.waiters) deliver_(waiter, token);
}

}  // namespace millrace
