#include "runtime/digests/public_key.h"

#include "runtime/base/check.h"
#include "runtime/text/base64_text.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <optional>

namespace millrace {
namespace {

constexpr int rsa_bits_min = 2'048;
constexpr int rsa_bits_max = 8'192;
constexpr std::size_t coordinate_bytes = 32;  // of P-256

struct Free {
  void operator()(BIGNUM* number) const { ::BN_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { ::OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { ::OSSL_PARAM_free(parameters); }
  void operator()(EVP_PKEY_CTX* context) const { ::EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ::ECDSA_SIG_free(signature); }
};
template <class Type>
using Owned = std::unique_ptr<Type, Free>;

Error refused(std::string why) { return {ErrorCode::invalid_request, "the key " + std::move(why)}; }

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Owned<BIGNUM> number_of(std::string_view bytes) {
  return Owned<BIGNUM>(::BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::optional<std::string> text_at(const JsonObject& jwk, std::string_view name) {
  const Json* const value = jwk.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::string> member_bytes(const JsonObject& jwk, std::string_view name) {
  const auto text = text_at(jwk, name);
  if (!text || text->size() > rsa_bits_max) return std::nullopt;
  return decode_base64url(*text);
}

EVP_PKEY* make(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(::OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(::EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  CHECK(parameters && context, "out of memory in OpenSSL");
  EVP_PKEY* key = nullptr;
  const bool is_made =
      ::EVP_PKEY_fromdata_init(context.get()) == 1 &&
      ::EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
  ::ERR_clear_error();
  return is_made ? key : nullptr;
}

EVP_PKEY* make_rsa(std::string_view modulus, std::string_view exponent) {
  const auto n = number_of(modulus);
  const auto e = number_of(exponent);
  const Owned<OSSL_PARAM_BLD> builder(::OSSL_PARAM_BLD_new());
  CHECK(n && e && builder, "out of memory in OpenSSL");
  CHECK(::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
            ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1,
        "out of memory in OpenSSL");
  return make("RSA", builder.get());
}

EVP_PKEY* make_p256(std::string_view x, std::string_view y) {
  std::string point = "\x04";
  point.append(x).append(y);
  const Owned<OSSL_PARAM_BLD> builder(::OSSL_PARAM_BLD_new());
  CHECK(builder, "out of memory in OpenSSL");
  CHECK(::OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                          0) == 1 &&
            ::OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                               point.size()) == 1,
        "out of memory in OpenSSL");
  return make("EC", builder.get());
}

/// As OpenSSL reads it; empty: it is no signature of P-256.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * coordinate_bytes) return {};
  const Owned<ECDSA_SIG> numbers(::ECDSA_SIG_new());
  auto r = number_of(signature.substr(0, coordinate_bytes));
  auto s = number_of(signature.substr(coordinate_bytes));
  CHECK(numbers && r && s, "out of memory in OpenSSL");
  CHECK(::ECDSA_SIG_set0(numbers.get(), r.release(), s.release()) == 1, "the numbers are there");
  unsigned char* der = nullptr;
  const int size = ::i2d_ECDSA_SIG(numbers.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  ::OPENSSL_free(der);
  return text;
}

}  // namespace

struct PublicKey::Key {
  explicit Key(EVP_PKEY* made) : key(made) {}
  ~Key() { ::EVP_PKEY_free(key); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  EVP_PKEY* const key;
};

Result<SharedPublicKey> PublicKey::from_jwk(const JsonObject& jwk) {
  const auto use = text_at(jwk, "use");
  if (use && *use != "sig") return refused("is not for signatures");
  const auto type = text_at(jwk, "kty").value_or("");
  const std::string algorithm = type == "RSA" ? "RS256" : "ES256";
  const auto own = text_at(jwk, "alg");
  if (own && *own != algorithm) return refused("is for " + *own);
  EVP_PKEY* made = nullptr;
  if (type == "RSA") {
    const auto modulus = member_bytes(jwk, "n");
    const auto exponent = member_bytes(jwk, "e");
    if (!modulus || !exponent) return refused("has no `n` and `e`");
    made = make_rsa(*modulus, *exponent);
  } else if (type == "EC" && text_at(jwk, "crv") == "P-256") {
    const auto x = member_bytes(jwk, "x");
    const auto y = member_bytes(jwk, "y");
    if (!x || !y || x->size() != coordinate_bytes || y->size() != coordinate_bytes) {
      return refused("has no `x` and `y` of 32 bytes");
    }
    made = make_p256(*x, *y);
  } else {
    return refused("is neither RSA nor of the curve P-256");
  }
  if (made == nullptr) return refused("is damaged");
  auto key = std::make_shared<const Key>(made);
  const int bits = ::EVP_PKEY_get_bits(made);
  if (type == "RSA" && (bits < rsa_bits_min || bits > rsa_bits_max)) {
    return refused("has " + std::to_string(bits) + " bits, and needs " +
                   std::to_string(rsa_bits_min) + " to " + std::to_string(rsa_bits_max));
  }
  return SharedPublicKey(new PublicKey(algorithm, std::move(key)));
}

bool PublicKey::verifies(std::string_view text, std::string_view signature) const {
  const std::string der = algorithm_ == "ES256" ? der_of(signature) : std::string(signature);
  if (der.empty()) return false;
  const Owned<EVP_MD_CTX> context(::EVP_MD_CTX_new());
  CHECK(context, "out of memory in OpenSSL");
  const bool is_right =
      ::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key_->key) == 1 &&
      ::EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(text), text.size()) ==
          1;
  ::ERR_clear_error();
  return is_right;
}

}  // namespace millrace
