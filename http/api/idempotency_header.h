#pragma once
// `Idempotency-Key` of a trigger: what is sent again under the same key starts nothing anew.

#include "actors/gateway/gateway.h"
#include "http/api/api_call.h"

#include <optional>

namespace millrace {

/// Nothing: the request has none. What it says is its method, query, account and body, to the byte. Error
/// invalid_request: the key is empty, longer than limits::idempotency_key_bytes_max, or there are several.
Result<std::optional<Idempotency>> read_idempotency(const ApiCall& call);

/// Says that the answer is one to an earlier request.
inline void mark_replayed(Reply& reply) {
  reply.headers.emplace_back("Idempotency-Replayed", "true");
}

}  // namespace millrace
