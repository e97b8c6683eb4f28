#include "runtime/webhooks/json_web_token.h"

#include "runtime/text/base64_text.h"
#include "tests/support/catch.h"

namespace millrace {
namespace {

// The examples of RFC 7515, appendix A: the same claims, signed in three ways.
const Instant then{Millis(1'300'819'380'000)};
const std::string claims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
const std::string shared_token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + claims +
                                 ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string shared_key =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const std::string rsa_token =
    "eyJhbGciOiJSUzI1NiJ9." + claims +
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L"
    "07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUi"
    "pUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const std::string rsa_key =
    R"({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm)"
    "fHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb"
    "_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qC"
    "o5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    R"("})";
const std::string curve_token =
    "eyJhbGciOiJFUzI1NiJ9." + claims +
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const std::string curve_key =
    R"({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

Result<SharedPublicKey> key_of(const std::string& text) {
  return PublicKey::from_jwk(parse_json(text)->get_object());
}

bool is_right(const std::string& token, const std::string& key,
              const std::vector<std::string>& algorithms, Instant now = then) {
  const FindPublicKey find = [&](const std::string&, const std::string&) { return key_of(key); };
  return check_token(token, algorithms, find, {"joe", "", Millis(0)}, now).ok();
}

/// The last bits of a signature's text mean nothing, so those before it are turned around.
std::string flipped(std::string token) {
  char& c = token[token.size() - 10];
  c = c == 'A' ? 'B' : 'A';
  return token;
}

TEST_CASE("the token of RFC 7515, A.1 is right under its key and no other") {
  const auto key = decode_base64url(shared_key);
  REQUIRE(key.has_value());
  CHECK(check_token(shared_token, *key, {"joe", "", Millis(0)}, then).ok());
  CHECK_FALSE(check_token(shared_token, *key + "x", {"joe", "", Millis(0)}, then).ok());
  CHECK_FALSE(check_token(flipped(shared_token), *key, {"joe", "", Millis(0)}, then).ok());
  CHECK_FALSE(check_token(shared_token, *key, {"joe", "", Millis(0)}, then + Millis(1)).ok());
  CHECK_FALSE(check_token(shared_token, *key, {"ann", "", Millis(0)}, then).ok());
}

TEST_CASE("the tokens of RFC 7515, A.2 and A.3 are right under their keys and no others") {
  CHECK(is_right(rsa_token, rsa_key, {"RS256"}));
  CHECK(is_right(curve_token, curve_key, {"RS256", "ES256"}));
  CHECK_FALSE(is_right(flipped(rsa_token), rsa_key, {"RS256"}));
  CHECK_FALSE(is_right(flipped(curve_token), curve_key, {"ES256"}));
  CHECK_FALSE(is_right(rsa_token, curve_key, {"RS256", "ES256"}));
  CHECK_FALSE(is_right(rsa_token, rsa_key, {"RS256"}, then + Millis(1)));
  // An algorithm that the definition does not name is refused, whatever signs it.
  CHECK_FALSE(is_right(rsa_token, rsa_key, {"ES256"}));
  CHECK_FALSE(is_right(shared_token, rsa_key, {"RS256", "ES256"}));
  CHECK_FALSE(is_right("eyJhbGciOiJub25lIn0." + claims + ".", rsa_key, {"RS256", "ES256"}));
}

TEST_CASE("a key that is too small, damaged or for something else is none") {
  for (const std::string jwk :
       {R"({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0t"})", R"({"kty": "RSA", "e": "AQAB"})",
        R"({"kty": "oct", "k": "AyM1"})", R"({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"})",
        R"({"kty": "EC", "crv": "P-256", "x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "y": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"})",
        "{}"}) {
    CAPTURE(jwk);
    CHECK_FALSE(key_of(jwk).ok());
  }
  std::string for_encryption = rsa_key;
  for_encryption.insert(1, R"("use": "enc", )");
  CHECK_FALSE(key_of(for_encryption).ok());
  std::string for_another = rsa_key;
  for_another.insert(1, R"("alg": "RS512", )");
  CHECK_FALSE(key_of(for_another).ok());
}

}  // namespace
}  // namespace millrace
