#include "http/auth/signing_key.h"

#include "tests/support/catch.h"
#include "tests/unit/http/shared_keys.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace millrace {
namespace {

std::string public_pem_of(EVP_PKEY* given) {
  const std::unique_ptr<EVP_PKEY, FreeKey> key(given);
  BIO* memory = ::BIO_new(::BIO_s_mem());
  ::PEM_write_bio_PUBKEY(memory, key.get());
  char* data = nullptr;
  const long size = ::BIO_get_mem_data(memory, &data);
  const std::string text(data, static_cast<std::size_t>(size));
  ::BIO_free(memory);
  return text;
}

std::string refusal(const std::string& pem) {
  const auto key = parse_public_key(pem);
  return key ? "accepted" : key.error().message;
}

auto says(const std::string& part) { return Catch::Matchers::Contains(part); }

}  // namespace

TEST_CASE("the public half of a made key pair is accepted, and only that half", "[http]") {
  CHECK(refusal(first_keys().public_pem) == "accepted");
  CHECK_THAT(refusal(first_keys().private_pem), says("this is a private key"));
  CHECK(parse_private_key(first_keys().private_pem).ok());
  CHECK_FALSE(parse_private_key(first_keys().public_pem).ok());
}

TEST_CASE("a key that is too short or not RSA is refused with its reason", "[http]") {
  CHECK_THAT(refusal(public_pem_of(::EVP_RSA_gen(1024))), says("has 1024 bits"));
  CHECK_THAT(refusal(public_pem_of(::EVP_EC_gen("P-256"))), says("not an RSA key"));
}

TEST_CASE("other texts are refused with how to convert them", "[http]") {
  CHECK_THAT(refusal(""), says("-----BEGIN PUBLIC KEY-----"));
  CHECK_THAT(refusal("-----BEGIN RSA PUBLIC KEY-----\nx"), says("RSAPublicKey_in"));
  CHECK_THAT(refusal("-----BEGIN CERTIFICATE-----\nx"), says("openssl x509"));
  CHECK_THAT(refusal("-----BEGIN PUBLIC KEY-----\n????\n-----END PUBLIC KEY-----\n"),
             says("cannot be read"));
  const auto& pem = first_keys().public_pem;
  CHECK_THAT(refusal(pem.substr(0, pem.size() / 2)), says("cannot be read"));
}

TEST_CASE("a signature holds for its text and its key alone", "[http]") {
  const auto signature = sign_rs256(*parse_private_key(first_keys().private_pem), "text");
  const auto first = *parse_public_key(first_keys().public_pem);
  CHECK(verify_rs256(first, "text", signature));
  CHECK_FALSE(verify_rs256(first, "Text", signature));
  CHECK_FALSE(verify_rs256(first, "text", ""));
  CHECK_FALSE(verify_rs256(*parse_public_key(second_keys().public_pem), "text", signature));
}

}  // namespace millrace
