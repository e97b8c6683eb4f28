// Who may trigger: only a token that the project's own application has signed, and that is not
// over.
#include "http/auth/base64url.h"
#include "tests/functional/shared_server.h"
#include "tests/support/catch.h"
#include "tests/support/poll_until.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

using namespace millrace;
using namespace millrace::tests;

namespace {

const Json rs256_header = JsonObject{{"alg", "RS256"}, {"typ", "JWT"}};

/// A project with one workflow, and how it answers a caller with a given token.
class Door {
 public:
  explicit Door(const RsaKeyPair& keys = first_key_pair()) : project(shared_server(), keys) {
    project.deploy_steps("who",
                         R"({"id": "r", "type": "response", "body": {"user": "{{user.id}}"}})");
  }

  Answer answer_to(const std::string& token) const {
    return call_server(project.port(), {"POST", project.path("/sdk/triggers/who"), token, "{}"});
  }
  Answer answer_to(const Json& header, const Json& claims) const {
    return answer_to(signed_token(first_key_pair(), header, claims));
  }

  TestProject project;
};

/// The old trick: the public key is no secret, so use it as the secret of a symmetric signature.
std::string token_signed_with_the_public_key(const std::string& pem) {
  const std::string text = base64url_token_part(JsonObject{{"alg", "HS256"}}) + "." +
                           base64url_token_part(claims_of("eve"));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return text + "." + base64url_encode({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

TEST_CASE("a token of the project's application names the user of the run") {
  const Door door;
  const Answer answer = door.answer_to(rs256_header, claims_of("ada"));
  CHECK(answer.status == 200);
  CHECK(answer.text == R"({"user":"ada"})");
}

TEST_CASE("a request without any user token is refused") {
  const Door door;
  const Answer answer = door.answer_to("");
  CHECK(answer.status == 401);
  CHECK(answer.at("/code") == R"("unauthorized")");
  CHECK(answer.header("WWW-Authenticate") == "Bearer");
  const Answer basic = call_server(door.project.port(), {"POST",
                                                         door.project.path("/sdk/triggers/who"),
                                                         "",
                                                         "{}",
                                                         "application/json",
                                                         {{"Authorization", "Basic dTpw"}}});
  CHECK(basic.status == 401);
}

TEST_CASE("an expired token is refused even right after it was good") {
  const Door door;
  Json claims = claims_of("ada");
  claims.as_object()["exp"] = claims.at("iat").as_int64() - 1;
  const Answer answer = door.answer_to(rs256_header, claims);
  CHECK(answer.status == 401);
  CHECK_THAT(string_at(answer.json, "/message"), Catch::Contains("expired"));

  claims = claims_of("ada");
  claims.as_object()["exp"] = claims.at("iat").as_int64() + 2;
  const std::string short_lived = signed_token(first_key_pair(), rs256_header, claims);
  CHECK(door.answer_to(short_lived).status == 200);
  CHECK(poll_until([&] { return door.answer_to(short_lived).status == 401; }));
}

TEST_CASE("a token without its claims or from the future is refused") {
  const Door door;
  const auto status_of = [&](const char* claim, const Json& value) {
    Json claims = claims_of("ada");
    claims.as_object().erase(claim);
    if (!value.is_null()) claims.as_object()[claim] = value;
    return door.answer_to(rs256_header, claims).status;
  };
  CHECK(status_of("exp", nullptr) == 401);
  CHECK(status_of("exp", "never") == 401);
  CHECK(status_of("exp", 1e300) == 401);
  CHECK(status_of("sub", nullptr) == 401);
  CHECK(status_of("sub", "") == 401);
  CHECK(status_of("sub", 7) == 401);
  CHECK(status_of("sub", Json(std::string(10'000, 'u'))) == 401);
  CHECK(status_of("iat", claims_of("ada").at("exp")) == 401);
}

TEST_CASE("a token signed with the wrong key is refused") {
  const Door door;
  CHECK(door.answer_to(signed_token(second_key_pair(), rs256_header, claims_of("ada"))).status ==
        401);
}

TEST_CASE("a token without a signature is refused") {
  const Door door;
  const Json none = JsonObject{{"alg", "none"}};
  const std::string text =
      base64url_token_part(none) + "." + base64url_token_part(claims_of("eve"));
  CHECK(door.answer_to(text + ".").status == 401);
  CHECK(door.answer_to(text).status == 401);
  CHECK(door.answer_to(none, claims_of("eve")).status == 401);
  CHECK(door.answer_to(JsonObject{{"typ", "JWT"}}, claims_of("eve")).status == 401);
}

TEST_CASE("a token signed symmetrically with the public key is refused") {
  const Door door;
  const std::string& pem = first_key_pair().public_pem;
  CHECK(door.answer_to(token_signed_with_the_public_key(pem)).status == 401);
  CHECK(door.answer_to(token_signed_with_the_public_key(pem.substr(0, pem.size() - 1))).status ==
        401);
}

TEST_CASE("a token that was altered after signing is refused") {
  const Door door;
  const std::string good = door.project.token("ada");
  const auto first_dot = good.find('.');
  const auto second_dot = good.rfind('.');
  const std::string forged = good.substr(0, first_dot + 1) +
                             base64url_token_part(claims_of("eve")) + good.substr(second_dot);
  CHECK(door.answer_to(good).status == 200);
  CHECK(door.answer_to(forged).status == 401);
  CHECK(door.answer_to(good + "A").status == 401);
  CHECK(door.answer_to(good.substr(0, good.size() - 4)).status == 401);
  for (const char* const nonsense : {"x", "..", "a.b.c", "eyJ9.eyJ9.", "\xff.\xff.\xff"}) {
    INFO(nonsense);
    CHECK(door.answer_to(nonsense).status == 401);
  }
}

TEST_CASE("a token of another project is refused with or without a shared key id") {
  const Door door;
  const Door other(second_key_pair());
  CHECK(other.answer_to(other.project.token("ada")).status == 200);
  CHECK(door.answer_to(other.project.token("ada")).status == 401);
  CHECK(call_server(door.project.port(), {"POST", "/projects/no-such-project/sdk/triggers/who",
                                          door.project.token("ada"), "{}"})
            .status == 404);
}

TEST_CASE("an API key or the admin key is no user token") {
  const Door door;
  CHECK(door.answer_to(door.project.api_key()).status == 401);
  CHECK(door.answer_to(admin_key).status == 401);
}

TEST_CASE("signing keys can be rotated without refusing a user") {
  const Door door;
  const std::string old_token = door.project.token("ada");
  Json header = rs256_header;
  header.as_object()["kid"] = "next";
  const std::string new_token = signed_token(second_key_pair(), header, claims_of("ada"));
  CHECK(door.answer_to(new_token).status == 401);

  const std::string pem = to_text(JsonObject{{"pem", second_key_pair().public_pem}});
  CHECK(door.project.put("/signing-keys/next", pem).status == 200);
  CHECK(door.answer_to(old_token).status == 200);
  CHECK(door.answer_to(new_token).status == 200);

  CHECK(door.project.remove("/signing-keys/main").status == 204);
  CHECK(door.answer_to(old_token).status == 401);
  CHECK(door.answer_to(new_token).status == 200);
  CHECK(door.project.remove("/signing-keys/main").status == 404);
  CHECK(door.project.get("/signing-keys").json.at("signingKeys").as_array().size() == 1);
}

TEST_CASE("a key that cannot verify tokens is refused before it is stored") {
  const TestProject project(shared_server());
  for (const std::string& pem :
       {std::string("not a key"), first_key_pair().private_pem, std::string()}) {
    CHECK(project.put("/signing-keys/bad", to_text(JsonObject{{"pem", pem}})).status == 400);
  }
  CHECK(project.put("/signing-keys/bad", "{}").status == 400);
  CHECK(
      project
          .put("/signing-keys/bad%20id", to_text(JsonObject{{"pem", first_key_pair().public_pem}}))
          .status == 400);
  CHECK(project.get("/signing-keys").json.at("signingKeys").as_array().size() == 1);
}
