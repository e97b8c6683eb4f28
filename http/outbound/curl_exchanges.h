#pragma once
// Exchanges over libcurl, driven by one loop.

#include "http/outbound/curl_loop.h"
#include "http/outbound/exchanges.h"
#include "http/outbound/outbound_counters.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>

namespace millrace {

class CurlExchanges final : public Exchanges {
 public:
  using Time = CurlLoop::Time;

  CurlExchanges(ExchangeSettings settings, std::size_t connections_max, OutboundCounters& counters);
  ~CurlExchanges() override;

  Result<Id> begin(ExchangeRequest request, Then then) override;
  void abort(Id exchange) override;

  /// There is room again for the answer of this exchange, which goes to a stream.
  void resume(Id exchange);

  /// Waits for something to happen, at most until `due`, and tells whose exchange ended.
  void run_once(std::optional<Time> due);
  /// From any thread.
  void wake() { loop_.wake(); }
  /// Of response bodies that are being received.
  std::size_t bytes_in_flight() const { return settings_.in_flight.now; }

 private:
  struct Running {
    std::unique_ptr<Exchange> exchange;
    Then then;
  };

  void finish(CURL* handle, CURLcode code);

  ExchangeSettings settings_;
  OutboundCounters& counters_;
  CurlLoop loop_;
  std::unordered_map<CURL*, Running> running_;
};

}  // namespace millrace
