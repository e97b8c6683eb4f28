#pragma once
// Exchanges that are under way: each is begun, and then either ends by itself, which calls `then`
// once, or is aborted, which does not. A port, so that what decides about exchanges is tested without
// a peer; `CurlExchanges` is the one that talks to servers. All on the caller's one thread.

#include "http/outbound/exchange.h"

#include <functional>

namespace millrace {

class Exchanges {
 public:
  using Id = CURL*;  // opaque; null is none
  using Then = std::function<void(HttpOutcome)>;

  virtual ~Exchanges() = default;
  /// The error says why it cannot be begun; then `then` is not called. Never calls it inside.
  virtual Result<Id> begin(ExchangeRequest request, Then then) = 0;
  virtual void abort(Id exchange) = 0;
};

}  // namespace millrace
