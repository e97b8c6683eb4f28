#include "runtime/webhooks/verify_delivery.h"

#include "runtime/text/base64_text.h"
#include "tests/unit/runtime/webhooks/one_webhook.h"

#include <algorithm>
#include <map>

namespace millrace {
namespace {

const Instant noon{Millis(1'700'000'000'000)};
Instant at_second(std::int64_t second) { return Instant(Millis(second * 1'000)); }

/// A delivery, the secrets of its project, and when it comes.
struct Call {
  RawDelivery raw{"POST", "https://flows.example/hooks/1?a=b", "/hooks/1", "a=b", {}, {}};
  DeliveryParts parts{};
  std::vector<Json> events{Json()};
  std::map<std::string, std::string> secrets{};
  Instant now = noon;

  /// The error's message; empty: it is verified.
  std::string refusal(const Webhook& webhook) const {
    const auto verified = verify_delivery(
        webhook, raw, parts, events,
        [this](const std::string& name) -> Result<std::string> {
          const auto found = secrets.find(name);
          if (found != secrets.end()) return found->second;
          return Error(ErrorCode::secret_missing, "no secret " + name);
        },
        now);
    return verified
               ? std::string()
               : std::string(wire_name(verified.error().code)) + ": " + verified.error().message;
  }
};

/// RFC 4648, 5, without padding.
std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  text.resize(std::min(text.find('='), text.size()));
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

/// Each byte of the body and of the header's signature, turned around by one bit, is refused.
void refuses_flipped_bits(const Webhook& webhook, const Call& right, std::size_t header) {
  for (std::size_t i = 0; i < right.raw.body.size(); ++i) {
    Call call = right;
    call.raw.body[i] = static_cast<char>(call.raw.body[i] ^ 1);
    CHECK_FALSE(call.refusal(webhook).empty());
  }
  const std::string& value = right.raw.headers[header].second;
  for (std::size_t i = value.size() - 8; i + 1 < value.size(); ++i) {
    Call call = right;
    call.raw.headers[header].second[i] = value[i] == '0' ? '1' : '0';
    if (call.raw.headers[header].second != value) CHECK_FALSE(call.refusal(webhook).empty());
  }
}

TEST_CASE("keyed digests are those of RFC 2202 and RFC 4231") {
  const auto hex = [](HashAlgorithm algorithm) {
    std::string text;
    for (const char c : hmac(algorithm, "Jefe", "what do ya want for nothing?")) {
      constexpr const char* digits = "0123456789abcdef";
      text += digits[static_cast<unsigned char>(c) >> 4];
      text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
  };
  CHECK(hex(HashAlgorithm::sha1) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hex(HashAlgorithm::sha256) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(
      hex(HashAlgorithm::sha512) ==
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0"
      "e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE("a delivery of GitHub is verified as its documentation says") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "hmac", "algorithm": "sha256",
    "header": "X-Hub-Signature-256", "prefix": "sha256=", "secret": "{{secrets.S}}"})");
  Call call;
  call.secrets = {{"S", "It's a Secret to Everybody"}};
  call.raw.body = "Hello, World!";
  call.raw.headers = {{"x-hub-signature-256",
                       "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}};
  CHECK(call.refusal(webhook).empty());
  refuses_flipped_bits(webhook, call, 0);
  call.secrets = {{"S", "another"}};
  CHECK(call.refusal(webhook) == "unauthorized: the signature is another one");
  call.raw.headers.clear();
  CHECK(call.refusal(webhook) == "unauthorized: the header `x-hub-signature-256` is missing");
  call.raw.headers = {{"x-hub-signature-256", "sha1=00"}};
  CHECK_THAT(call.refusal(webhook), Catch::Contains("holds no signature"));
  call.secrets.clear();
  CHECK_THAT(call.refusal(webhook), Catch::Contains("secret_missing"));
}

TEST_CASE("a delivery in the form of Slack is verified, and refused when it is old") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "signature",
    "header": "X-Slack-Signature", "format": "v0={signature}", "signed": "v0:{timestamp}:{body}",
    "secret": "{{secrets.S}}", "timestamp": {"header": "X-Slack-Request-Timestamp"}})");
  Call call;
  call.secrets = {{"S", "8f742231b10e8888abcd99yyyzzz85a5"}};
  call.now = at_second(1531420618 + 299);
  call.raw.body =
      "token=xyzz0WbapA4vBCDEFa0WtLPW&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
      "G8PSS9T3V&"
      "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
      "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%"
      "2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
      "803a0bc887a14d10d2c447fce8b6703c";
  // By `openssl dgst -sha256 -hmac`.
  call.raw.headers = {
      {"x-slack-request-timestamp", "1531420618"},
      {"x-slack-signature", "v0=56e5b883956f6621fa65c57c5234bf766f21f2926970d65a120088cb9b7d6cad"}};
  CHECK(call.refusal(webhook).empty());
  refuses_flipped_bits(webhook, call, 1);
  call.now = at_second(1531420618 + 301);
  CHECK(call.refusal(webhook) == "unauthorized: the timestamp is too old");
  call.now = at_second(1531420618 - 301);
  CHECK(call.refusal(webhook) == "unauthorized: the timestamp is in the future");
  for (const char* const none :
       {"", "soon", "1e9", "-5", "99999999999999999999", "153142061800000000"}) {
    call.raw.headers[0].second = none;
    CHECK_FALSE(call.refusal(webhook).empty());
  }
}

TEST_CASE("of several signatures in the form of Stripe one has to be right") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "signature",
    "header": "Stripe-Signature", "format": "t={timestamp},v1={signature}",
    "signed": "{timestamp}.{body}", "secret": "{{secrets.S}}"})");
  Call call;
  call.secrets = {{"S", "whsec_test"}};
  call.now = at_second(1492774577);
  call.raw.body = R"({"id":"evt_1"})";
  const std::string right = "7656fc2882a7ca0a651666b36bf2f2f22ee204f54f608f227498a2419f2890b2";
  call.raw.headers = {{"stripe-signature", "t=1492774577,v1=" + right + ",v0=6ffbb59b"}};
  CHECK(call.refusal(webhook).empty());
  call.raw.headers[0].second = "t=1492774577,v1=" + std::string(64, '0') + ", v1=" + right;
  CHECK(call.refusal(webhook).empty());
  call.raw.headers[0].second = "t=1492774577,v0=" + right;
  CHECK_THAT(call.refusal(webhook), Catch::Contains("holds no signature"));
  call.raw.headers[0].second = "t=1492774578,v1=" + right;
  CHECK(call.refusal(webhook) == "unauthorized: the signature is another one");
  call.raw.headers[0].second = "v1=" + right;
  CHECK_THAT(call.refusal(webhook), Catch::Contains("the timestamp is missing"));
  // Those beyond the limit are not looked at.
  std::string many = "t=1492774577";
  for (std::size_t i = 0; i < limits::signatures_per_delivery_max; ++i) many += ",v1=00";
  call.raw.headers[0].second = many + ",v1=" + right;
  CHECK(call.refusal(webhook) == "unauthorized: the signature is another one");
}

TEST_CASE("a delivery of the Standard Webhooks specification is verified by its example") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "signature", "encoding": "base64",
    "header": "webhook-signature", "format": "v1,{signature}",
    "signed": "{header:webhook-id}.{timestamp}.{body}", "secret": "{{secrets.S}}",
    "secretEncoding": "base64", "timestamp": {"header": "webhook-timestamp"}})");
  Call call;
  call.secrets = {{"S", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
  call.now = at_second(1614265330);
  call.raw.body = R"({"test": 2432232314})";
  call.raw.headers = {
      {"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
      {"webhook-timestamp", "1614265330"},
      {"webhook-signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}};
  CHECK(call.refusal(webhook).empty());
  refuses_flipped_bits(webhook, call, 2);
  call.raw.headers[0].second = "msg_another";
  CHECK_FALSE(call.refusal(webhook).empty());
}

TEST_CASE("a signature may be over method and public address") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "signature", "encoding": "base64",
    "header": "X-HubSpot-Signature-v3", "signed": "{method}{url}{body}{timestamp}",
    "secret": "{{secrets.S}}", "timestamp": {"header": "X-HubSpot-Request-Timestamp", "unit": "ms",
    "tolerance": "5m"}})");
  Call call;
  call.secrets = {{"S", "hub"}};
  call.raw.body = R"([{"eventId":1}])";
  call.raw.headers = {{"x-hubspot-signature-v3", "KVW49TFkcztfShnWnKfbrOVY8AjbVOfRqSmjONH5XjI="},
                      {"x-hubspot-request-timestamp", "1700000000000"}};
  CHECK(call.refusal(webhook).empty());
  call.raw.url = "http://flows.example/hooks/1?a=b";
  CHECK_FALSE(call.refusal(webhook).empty());
}

TEST_CASE("SHA-1 and SHA-512, in hex of either case and in base64") {
  Call call;
  call.secrets = {{"S", "k"}};
  call.raw.body = "body";
  call.raw.headers = {{"x-s", "A2282E7648E8CAF7D224D6531DCD95C2808A5D89"}};
  CHECK(call.refusal(webhook_of(R"("verify": {"type": "hmac", "algorithm": "sha1", "header": "x-s",
    "secret": "{{secrets.S}}"})"))
            .empty());
  call.raw.headers = {
      {"x-s",
       "TZSLiacRM+getZIrei7/ZJrcGgaM0pyN2WUJRvDnmXdRH1LgaTNhlBb3C+kbdWjCWKA3pdIs1ksA"
       "y8nKsfmBpg=="}};
  CHECK(call.refusal(webhook_of(R"("verify": {"type": "hmac", "algorithm": "sha512",
    "encoding": "base64", "header": "x-s", "secret": "{{secrets.S}}"})"))
            .empty());
}

TEST_CASE("basic authentication compares both of user name and password") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "basic", "username": "hook",
    "password": "{{secrets.P}}"})");
  Call call;
  call.secrets = {{"P", "pass:word"}};
  call.raw.headers = {{"authorization", "Basic aG9vazpwYXNzOndvcmQ="}};
  CHECK(call.refusal(webhook).empty());
  for (const char* const wrong : {"Basic aG9vazpwYXNz", "Basic ???", "Bearer x", "Basic", ""}) {
    call.raw.headers[0].second = wrong;
    CHECK_THAT(call.refusal(webhook), Catch::Contains("unauthorized"));
  }
}

TEST_CASE("a shared value may stand in a header, the query, the body or every event") {
  Call call;
  call.secrets = {{"S", "token"}};
  call.parts.headers = JsonObject{{"x-token", "token"}};
  call.parts.query = JsonObject{{"token", "token"}};
  call.parts.body = JsonObject{{"t", JsonObject{{"v", "token"}}}};
  call.events = {JsonObject{{"s", "token"}}, JsonObject{{"s", "token"}}};
  for (const char* const in : {"headers.X-Token", "query.token", "body.t.v", "event.s"}) {
    INFO(in);
    const Webhook webhook =
        webhook_of(R"("events": "body[*]", "verify": {"type": "value", "in": ")" + std::string(in) +
                   R"(", "secret": "{{secrets.S}}"})");
    CHECK(call.refusal(webhook).empty());
    Call other = call;
    other.secrets = {{"S", "tokem"}};
    CHECK_THAT(other.refusal(webhook), Catch::Contains("unauthorized"));
    other.secrets = {{"S", ""}};
    CHECK_THAT(other.refusal(webhook), Catch::Contains("secret_missing"));
    // What was compared is a secret, so it is not stored with the run.
    DeliveryParts parts = call.parts;
    std::vector<Json> events = call.events;
    mask_proof(webhook, parts, events);
    std::string all = to_text(parts.headers) + to_text(parts.query) + to_text(parts.body);
    for (const Json& event : events) all += to_text(event);
    CHECK_THAT(all, Catch::Contains("[secret S]"));
  }
  call.events.push_back(JsonObject());
  CHECK_FALSE(call.refusal(webhook_of(R"("events": "body[*]", "verify": {"type": "value",
    "in": "event.s", "secret": "{{secrets.S}}"})"))
                  .empty());
}

TEST_CASE("a JSON web token is HS256 and nothing else, and has its time") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "jwt", "secret": "{{secrets.S}}"})");
  Call call;
  call.secrets = {{"S", "your-256-bit-secret"}};
  call.now = at_second(1516239022);
  const std::string token =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
      "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
  call.raw.headers = {{"authorization", "Bearer " + token}};
  CHECK(call.refusal(webhook).empty());
  call.now = at_second(1516239022 + 301);
  CHECK_THAT(call.refusal(webhook), Catch::Contains("too old"));
  call.now = at_second(1516239022 - 301);
  CHECK_THAT(call.refusal(webhook), Catch::Contains("not valid yet"));
  call.now = at_second(1516239022);
  call.secrets = {{"S", "another"}};
  CHECK_THAT(call.refusal(webhook), Catch::Contains("another signature"));
  call.secrets = {{"S", "your-256-bit-secret"}};
  // {"alg":"none"} and no signature.
  for (const char* const wrong : {"eyJhbGciOiJub25lIn0.eyJpYXQiOjE1MTYyMzkwMjJ9.",
                                  "eyJhbGciOiJub25lIn0.e30", "a.b.c", "..", ""}) {
    call.raw.headers[0].second = std::string("Bearer ") + wrong;
    CHECK_THAT(call.refusal(webhook), Catch::Contains("unauthorized"));
  }
  call.raw.headers[0].second = "Bearer " + token;
  CHECK_THAT(call.refusal(webhook_of(R"("verify": {"type": "jwt", "issuer": "crm",
    "secret": "{{secrets.S}}"})")),
             Catch::Contains("another issuer"));
}

TEST_CASE("a JSON web token counts for a minute beyond its times, and no longer") {
  const Webhook webhook = webhook_of(R"("verify": {"type": "jwt", "secret": "{{secrets.S}}"})");
  const auto refusal = [&](const std::string& claims) {
    const std::string text = base64url(R"({"alg":"HS256"})") + "." + base64url(claims);
    Call call;
    call.secrets = {{"S", "s3cr3t"}};
    call.raw.headers = {
        {"authorization",
         "Bearer " + text + "." + base64url(hmac(HashAlgorithm::sha256, "s3cr3t", text))}};
    return call.refusal(webhook);
  };
  const auto at = [](std::int64_t seconds) {
    return std::to_string(noon.time_since_epoch().count() / 1'000 + seconds);
  };
  CHECK(refusal(R"({"exp":)" + at(-59) + "}").empty());
  CHECK_THAT(refusal(R"({"exp":)" + at(-61) + "}"), Catch::Contains("has expired"));
  for (const std::string claim : {"nbf", "iat"}) {
    const std::string rest = R"(,"exp":)" + at(600) + "}";
    CHECK(refusal("{\"" + claim + "\":" + at(59) + rest).empty());
    CHECK_THAT(refusal("{\"" + claim + "\":" + at(61) + rest), Catch::Contains("not valid yet"));
  }
  CHECK(refusal(R"({"iat":)" + at(-299) + "}").empty());
  CHECK_THAT(refusal(R"({"iat":)" + at(-301) + "}"), Catch::Contains("too old"));
}

TEST_CASE("without verification every delivery is believed") {
  CHECK(Call().refusal(webhook_of(R"("deliveryId": "body.id")")).empty());
}

}  // namespace
}  // namespace millrace
