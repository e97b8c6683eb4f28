#include "http/outbound/curl_exchanges.h"

#include "runtime/base/check.h"

#include <utility>

namespace millrace {

CurlExchanges::CurlExchanges(ExchangeSettings settings, std::size_t connections_max,
                             OutboundCounters& counters)
    : settings_(std::move(settings)),
      counters_(counters),
      loop_(static_cast<long>(connections_max)) {}

CurlExchanges::~CurlExchanges() {
  for (auto& [handle, running] : running_) loop_.remove(handle);
}

Result<Exchanges::Id> CurlExchanges::begin(ExchangeRequest request, Then then) {
  auto exchange = std::make_unique<Exchange>(settings_, std::move(request));
  if (auto refusal = exchange->refusal()) return *refusal;
  CURL* const handle = exchange->handle();
  if (!loop_.add(handle)) return Error(ErrorCode::overloaded, "out of memory for another request");
  running_[handle] = {std::move(exchange), std::move(then)};
  counters_.count([](OutboundStats& stats) { ++stats.requests; });
  return handle;
}

void CurlExchanges::abort(Id exchange) {
  loop_.remove(exchange);
  running_.erase(exchange);
}

void CurlExchanges::resume(Id exchange) { running_.at(exchange).exchange->resume(); }

void CurlExchanges::run_once(std::optional<Time> due) {
  loop_.run_once(due, [this](CURL* handle, CURLcode code) { finish(handle, code); });
}

void CurlExchanges::finish(CURL* handle, CURLcode code) {
  const auto found = running_.find(handle);
  CHECK(found != running_.end(), "a transfer ended that nobody began");
  Running ended = std::move(found->second);
  running_.erase(found);
  const ExchangeTraffic traffic = ended.exchange->traffic();
  counters_.count([&](OutboundStats& stats) {
    stats.bytes_sent += traffic.bytes_sent;
    stats.bytes_received += traffic.bytes_received;
    if (traffic.reused_connection) ++stats.reused_connections;
  });
  HttpOutcome outcome = ended.exchange->outcome(code);
  // Its memory is not in flight any more once the response is handed over.
  ended.exchange.reset();
  ended.then(std::move(outcome));
}

}  // namespace millrace
