#pragma once
// Reads the `verify` of a webhook, and the paths into a delivery:
//
//   {"type": "hmac", "algorithm": "sha256", "header": "X-Signature", "encoding": "hex",
//    "prefix": "sha256=", "secret": "{{secrets.HOOK}}"}
//   {"type": "signature", "algorithm", "encoding", "header", "format": "t={timestamp},v1={signature}",
//    "signed": "{timestamp}.{body}", "secret", "secretEncoding": "text" | "base64",
//    "timestamp": {"header", "unit": "s" | "ms", "tolerance": "5m"}}
//   {"type": "basic", "username", "password"}
//   {"type": "value", "in": "headers.x-token", "secret"}
//   {"type": "jwt", "algorithm": "HS256", "header": "Authorization", "secret", "issuer", "audience"}
//   {"type": "jwt", "jwks": "https://…", "algorithms": ["RS256", "ES256"], "header", "issuer", "audience"}
//   {"type": "code", "code": "({ headers, rawBody, secrets }) => ({ status: 200 })", "secrets": {"key": …}}

#include "runtime/reading/object_reader.h"
#include "runtime/webhooks/webhook.h"

#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// Without `verify`: std::monostate, everything is believed.
Verification read_verification(ObjectReader& webhook);

/// The secrets that it names.
std::vector<std::string> secrets_of(const Verification& verification);

std::optional<DeliveryPath> parse_delivery_path(const std::string& text);
/// A key that may be absent; what is no path is a finding.
std::optional<DeliveryPath> read_delivery_path(ObjectReader& json, std::string_view key);

}  // namespace millrace
