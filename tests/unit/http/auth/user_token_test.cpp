#include "http/auth/user_token.h"

#include "http/auth/base64url.h"
#include "runtime/base/json.h"
#include "tests/support/catch.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/http/shared_keys.h"

#include <openssl/hmac.h>

namespace millrace {
namespace {

constexpr Instant now = test_epoch;
const std::int64_t now_seconds = now.time_since_epoch().count() / 1000;

std::vector<VerificationKey> first_and_second() {
  return {{SigningKeyId("a"), *parse_public_key(first_keys().public_pem)},
          {SigningKeyId("b"), *parse_public_key(second_keys().public_pem)}};
}
std::vector<VerificationKey> first_only() { return {first_and_second().front()}; }

std::string signed_token(const RsaKeyPair& keys, const JsonObject& header,
                         const JsonObject& claims) {
  const std::string text =
      base64url_encode(to_text(header)) + "." + base64url_encode(to_text(claims));
  return text + "." + base64url_encode(sign_rs256(*parse_private_key(keys.private_pem), text));
}

JsonObject good_claims() {
  return {{"sub", "user-1"}, {"iat", now_seconds}, {"exp", now_seconds + 60}};
}

std::string refusal(const std::string& token,
                    const std::vector<VerificationKey>& keys = first_only()) {
  const auto verified = verify_user_token(token, keys, now);
  if (verified) return "accepted";
  if (verified.error().code != ErrorCode::unauthorized) return "wrong code";
  return verified.error().message;
}

std::string refusal_of_claims(JsonObject claims) {
  return refusal(signed_token(first_keys(), {{"alg", "RS256"}}, std::move(claims)));
}

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("a token signed by the project's key names its user and its end", "[http]") {
  const auto token = mint_user_token(*parse_private_key(first_keys().private_pem),
                                     {UserId("user-1"), SigningKeyId("a"), Millis(60'000)}, now);
  const auto verified = verify_user_token(token, first_and_second(), now);
  REQUIRE(verified.ok());
  CHECK(verified->user == UserId("user-1"));
  CHECK(verified->expires == now + Millis(60'000));
}

TEST_CASE("a token without a kid is tried with every key, so keys can be rotated", "[http]") {
  const auto token = signed_token(second_keys(), {{"alg", "RS256"}}, good_claims());
  CHECK(verify_user_token(token, first_and_second(), now).ok());
  CHECK_THAT(refusal(token, first_only()), says("signature does not match"));
}

TEST_CASE("a kid selects one key and no other", "[http]") {
  const auto with_kid = [](const std::string& kid) {
    return signed_token(second_keys(), {{"alg", "RS256"}, {"kid", kid}}, good_claims());
  };
  CHECK(refusal(with_kid("b"), first_and_second()) == "accepted");
  CHECK_THAT(refusal(with_kid("a"), first_and_second()), says("signature does not match"));
  CHECK_THAT(refusal(with_kid("c"), first_and_second()), says("kid names no signing key"));
  CHECK_THAT(refusal(with_kid("b"), {}), says("no signing key yet"));
}

TEST_CASE("a token is refused the moment it expires", "[http]") {
  auto claims = good_claims();
  claims["exp"] = now_seconds;
  CHECK_THAT(refusal_of_claims(claims), says("expired at 2026-01-01T00:00:00.000Z"));
  claims["exp"] = now_seconds + 1;
  CHECK(refusal_of_claims(claims) == "accepted");
  claims["exp"] = static_cast<double>(now_seconds) + 0.5;
  CHECK(refusal_of_claims(claims) == "accepted");
}

TEST_CASE("claims that are missing or of the wrong type are refused", "[http]") {
  for (const Json& bad :
       {Json(""), Json(1), Json(nullptr), Json(std::string(200, 'x')), Json("a\nb")}) {
    auto claims = good_claims();
    claims["sub"] = bad;
    CHECK_THAT(refusal_of_claims(claims), says("sub"));
  }
  for (const Json& bad : {Json("soon"), Json(-1), Json(1e300), Json(nullptr)}) {
    auto claims = good_claims();
    claims["exp"] = bad;
    CHECK_THAT(refusal_of_claims(claims), says("exp"));
  }
}

TEST_CASE("an issuer's clock may run ahead by a minute and no more", "[http]") {
  auto claims = good_claims();
  claims["exp"] = now_seconds + 600;
  claims["iat"] = now_seconds + 60;
  CHECK(refusal_of_claims(claims) == "accepted");
  claims["iat"] = now_seconds + 61;
  CHECK_THAT(refusal_of_claims(claims), says("iat"));
  claims.erase("iat");
  CHECK(refusal_of_claims(claims) == "accepted");
  claims["nbf"] = now_seconds + 61;
  CHECK_THAT(refusal_of_claims(claims), says("nbf"));
}

TEST_CASE("a token that claims no algorithm is refused", "[http]") {
  const std::string text =
      base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(to_text(good_claims())) + ".";
  CHECK_THAT(refusal(text), says("must be RS256"));
  CHECK_THAT(refusal(signed_token(first_keys(), {{"alg", "None"}}, good_claims())),
             says("must be RS256"));
  CHECK_THAT(refusal(signed_token(first_keys(), {}, good_claims())), says("must be RS256"));
}

TEST_CASE("a token made with the public key as an HMAC secret is refused", "[http]") {
  const std::string& secret = first_keys().public_pem;
  for (const std::string algorithm : {"HS256", "RS256"}) {
    const std::string text = base64url_encode(to_text(JsonObject{{"alg", algorithm}})) + "." +
                             base64url_encode(to_text(good_claims()));
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    const std::string token =
        text + "." + base64url_encode({reinterpret_cast<const char*>(mac), size});
    CHECK(refusal(token) != "accepted");
  }
}

TEST_CASE("a token that was altered anywhere is refused", "[http]") {
  const auto token = signed_token(first_keys(), {{"alg", "RS256"}}, good_claims());
  REQUIRE(refusal(token) == "accepted");
  for (std::size_t i = 0; i < token.size(); i += 3) {
    auto altered = token;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK(refusal(altered) != "accepted");
  }
  CHECK(refusal(token + "=") != "accepted");
  CHECK(refusal(token + "A") != "accepted");
  CHECK(refusal(token + ".") != "accepted");
}

TEST_CASE("text that is no token at all is refused with a reason", "[http]") {
  CHECK_THAT(refusal(""), says("not a JSON Web Token"));
  CHECK_THAT(refusal("mr_0123"), says("not a JSON Web Token"));
  CHECK_THAT(refusal("a.b"), says("not a JSON Web Token"));
  CHECK_THAT(refusal("?.?.?"), says("header is not base64url"));
  CHECK_THAT(refusal("W10.W10.AA"), says("header is not a JSON object"));
  CHECK_THAT(refusal(std::string(limits::user_token_bytes_max + 1, 'a')), says("longer than"));
  CHECK_THAT(refusal(signed_token(first_keys(), {{"alg", "RS256"}, {"crit", JsonArray{"x"}}},
                                  good_claims())),
             says("critical"));
}

TEST_CASE("base64url has exactly one text for each byte string", "[http]") {
  for (const std::string bytes : {"", "f", "fo", "foo", "\xff\xfe\xfd"}) {
    CHECK(base64url_decode(base64url_encode(bytes)) == bytes);
  }
  CHECK(base64url_encode("\xfb\xff") == "-_8");
  for (const std::string bad : {"A", "Zg==", "Zh", "Z g", "+/8", "Zm9v\n"}) {
    INFO(bad);
    CHECK_FALSE(base64url_decode(bad).has_value());
  }
}

}  // namespace millrace
