#include "runtime/webhooks/verify_delivery.h"

#include "runtime/digests/hmac.h"
#include "runtime/text/ascii_text.h"
#include "runtime/text/base64_text.h"
#include "runtime/text/hex_text.h"
#include "runtime/webhooks/json_web_token.h"

#include <charconv>
#include <utility>

namespace millrace {
namespace {

/// For clocks that are apart, and no longer: a token that has ended is one that somebody may have found (RFC 7519,
/// 4.1.4).
constexpr Millis token_leeway{60'000};

Error refused(std::string why) { return {ErrorCode::unauthorized, std::move(why)}; }

std::string decoded(SignatureCheck::Encoding encoding, const std::string& text) {
  const auto bytes =
      encoding == SignatureCheck::Encoding::hex ? parse_hex(text) : base64_decode(text);
  return bytes.value_or(std::string());
}

std::string signed_bytes(const SignedText& text, const RawDelivery& raw,
                         const std::string& timestamp) {
  std::string bytes;
  for (const auto& piece : text.pieces) {
    switch (piece.part) {
      case SignedText::Part::literal:
        bytes += piece.text;
        break;
      case SignedText::Part::method:
        bytes += raw.method;
        break;
      case SignedText::Part::url:
        bytes += raw.url;
        break;
      case SignedText::Part::path:
        bytes += raw.path;
        break;
      case SignedText::Part::query:
        bytes += raw.query;
        break;
      case SignedText::Part::body:
        bytes += raw.body;
        break;
      case SignedText::Part::timestamp:
        bytes += timestamp;
        break;
      case SignedText::Part::header:
        bytes += raw.header(piece.text).value_or("");
        break;
    }
  }
  return bytes;
}

Outcome check_timestamp(const SignatureCheck::Timestamp& rule, std::string_view text, Instant now) {
  std::int64_t given = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), given);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return refused("the timestamp is missing, or no number");
  }
  // Beyond any time that there is, and far from where the difference would overflow.
  constexpr std::int64_t most = std::int64_t{1} << 53;
  if (given < 0 || given > most / 1'000) {
    if (!rule.is_in_milliseconds || given < 0 || given > most) {
      return refused("the timestamp is no time");
    }
  }
  const Instant at(Millis(rule.is_in_milliseconds ? given : given * 1'000));
  const Millis apart = now > at ? now - at : at - now;
  if (apart <= rule.tolerance) return Done{};
  return refused(now > at ? "the timestamp is too old" : "the timestamp is in the future");
}

struct Check {
  const RawDelivery& raw;
  const DeliveryParts& parts;
  const std::vector<Json>& events;
  const SecretSource& secrets;
  Instant now;
  const PublishedKeys& keys;

  Outcome operator()(const std::monostate&) const { return Done{}; }

  Outcome operator()(const SignatureCheck& check) const {
    const auto header = raw.header(check.header);
    if (!header) return refused("the header `" + check.header + "` is missing");
    auto key = rendered(check.secret, secrets);
    if (!key) return key.error();
    if (check.is_secret_base64) {
      auto bytes = base64_decode(*key);
      if (!bytes) return Error(ErrorCode::secret_missing, "the webhook's secret is no base64");
      key = std::move(*bytes);
    }
    if (key->empty()) return Error(ErrorCode::secret_missing, "the webhook's secret is empty");
    const GivenSignatures given = find_signatures(check.format, *header);
    std::string timestamp = given.timestamp;
    if (check.timestamp) {
      const auto& own = check.timestamp->header;
      if (!own.empty()) timestamp = raw.header(own).value_or("");
      if (auto checked = check_timestamp(*check.timestamp, timestamp, now); !checked)
        return checked;
    }
    if (given.signatures.empty()) {
      return refused("the header `" + check.header + "` holds no signature");
    }
    const std::string expected =
        hmac(check.algorithm, *key, signed_bytes(check.signed_text, raw, timestamp));
    bool is_right = false;
    for (const std::string& each : given.signatures) {
      // Every one is compared, whichever is right.
      is_right |= equal_in_constant_time(decoded(check.encoding, each), expected);
    }
    return is_right ? Outcome(Done{}) : refused("the signature is another one");
  }

  Outcome operator()(const BasicCheck& check) const {
    const std::string header = raw.header("authorization").value_or("");
    constexpr std::string_view scheme = "basic ";
    if (!equal_but_for_case(std::string_view(header).substr(0, scheme.size()), scheme)) {
      return refused("the header `authorization` is missing, or not basic");
    }
    const auto user = rendered(check.username, secrets);
    if (!user) return user.error();
    const auto password = rendered(check.password, secrets);
    if (!password) return password.error();
    const auto given =
        base64_decode(trimmed(std::string_view(header).substr(scheme.size()), blanks));
    const bool is_right = given && equal_in_constant_time(*given, *user + ':' + *password);
    return is_right ? Outcome(Done{}) : refused("user name or password are others");
  }

  Outcome operator()(const ValueCheck& check) const {
    const auto secret = rendered(check.secret, secrets);
    if (!secret) return secret.error();
    if (secret->empty()) return Error(ErrorCode::secret_missing, "the webhook's secret is empty");
    const auto is_right = [&](const Json& event) {
      return equal_in_constant_time(text_at(check.in, parts, event), *secret);
    };
    bool are_right = true;
    if (check.in.part == DeliveryPath::Part::event) {
      for (const Json& event : events) are_right &= is_right(event);
    } else {
      are_right = is_right(parts.body);
    }
    return are_right ? Outcome(Done{}) : refused("the shared value is missing, or another one");
  }

  /// Code is asked by the door, which can wait for it (actors/gateway/delivery_code.h).
  Outcome operator()(const CodeCheck&) const { return Done{}; }

  Outcome operator()(const TokenCheck& check) const {
    const std::string header = raw.header(check.header).value_or("");
    std::string_view token = trimmed(header, blanks);
    for (const std::string_view scheme : {"bearer ", "jwt "}) {
      if (equal_but_for_case(token.substr(0, scheme.size()), scheme)) {
        token = trimmed(token.substr(scheme.size()), blanks);
        break;
      }
    }
    if (token.empty()) return refused("the header `" + check.header + "` holds no token");
    const TokenExpectation expected{check.issuer, check.audience, token_leeway,
                                    Millis(limits::delivery_tolerance)};
    if (!check.jwks.empty()) {
      if (!keys) return Error(ErrorCode::overloaded, "published keys are not fetched here");
      return check_token(
          token, check.algorithms,
          [&](const std::string& id, const std::string& algorithm) {
            return keys(check.jwks, id, algorithm);
          },
          expected, now);
    }
    const auto secret = rendered(check.secret, secrets);
    if (!secret) return secret.error();
    if (secret->empty()) return Error(ErrorCode::secret_missing, "the webhook's secret is empty");
    return check_token(token, *secret, expected, now);
  }
};

/// Replaces what stands at the path, if anything does.
void replace(Json& root, const std::vector<PathSegment>& path, const std::string& mask) {
  Json* at = &root;
  for (const PathSegment& segment : path) {
    Json* next = nullptr;
    const auto* const key = std::get_if<std::string>(&segment);
    if (auto* const object = at->if_object()) {
      next = object->if_contains(key != nullptr ? *key
                                                : std::to_string(std::get<std::size_t>(segment)));
    } else if (auto* const list = at->if_array(); list != nullptr && key == nullptr) {
      next = list->if_contains(std::get<std::size_t>(segment));
    }
    if (next == nullptr) return;
    at = next;
  }
  if (!at->is_null()) *at = mask;
}

}  // namespace

Outcome verify_delivery(const Webhook& webhook, const RawDelivery& raw, const DeliveryParts& parts,
                        const std::vector<Json>& events, const SecretSource& secrets, Instant now,
                        const PublishedKeys& keys) {
  return std::visit(Check{raw, parts, events, secrets, now, keys}, webhook.verify);
}

void mask_proof(const Webhook& webhook, DeliveryParts& parts, std::vector<Json>& events) {
  if (const auto* const token = std::get_if<TokenCheck>(&webhook.verify)) {
    replace(parts.headers, {token->header}, "[token]");
  }
  const auto* const check = std::get_if<ValueCheck>(&webhook.verify);
  if (check == nullptr) return;
  const std::string mask = masked(check->secret);
  switch (check->in.part) {
    case DeliveryPath::Part::headers:
      return replace(parts.headers, check->in.path, mask);
    case DeliveryPath::Part::query:
      return replace(parts.query, check->in.path, mask);
    case DeliveryPath::Part::event:
      for (Json& event : events) replace(event, check->in.path, mask);
      return;
    case DeliveryPath::Part::body:
      replace(parts.body, check->in.path, mask);
      // The events are copies of what stands in it.
      if (auto again = events_of(webhook, parts)) events = std::move(*again);
      return;
  }
}

}  // namespace millrace
