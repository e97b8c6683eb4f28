#include "http/auth/signing_key.h"

#include "runtime/base/limits.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace millrace {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&::BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)>;

Bio memory_of(const std::string& text) {
  return {::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &::BIO_free};
}

/// Without this, OpenSSL would ask for a pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

Error refused(std::string message) { return {ErrorCode::invalid_request, std::move(message)}; }

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Result<RsaKey> checked(EVP_PKEY* parsed) {
  RsaKey key(parsed, FreeKey());
  ::ERR_clear_error();
  if (!key) {
    return refused(
        "the PEM text cannot be read; it must hold one RSA key in base64 between its "
        "BEGIN and END lines");
  }
  if (::EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return refused("the key is not an RSA key; user tokens are signed with RS256, which needs one");
  }
  const int bits = ::EVP_PKEY_get_bits(key.get());
  if (bits < limits::signing_key_bits_min || bits > limits::signing_key_bits_max) {
    return refused("the RSA key has " + std::to_string(bits) + " bits; it must have " +
                   std::to_string(limits::signing_key_bits_min) + " to " +
                   std::to_string(limits::signing_key_bits_max));
  }
  return key;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = ::BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Result<RsaKey> parse_public_key(const std::string& pem) {
  if (contains(pem, "PRIVATE KEY-----")) {
    return refused(
        "this is a private key: keep it to yourself and send the public one "
        "(openssl rsa -in private.pem -pubout)");
  }
  if (contains(pem, "-----BEGIN RSA PUBLIC KEY-----")) {
    return refused(
        "this is a PKCS #1 public key; convert it with "
        "\"openssl rsa -RSAPublicKey_in -in key.pem -pubout\"");
  }
  if (contains(pem, "-----BEGIN CERTIFICATE-----")) {
    return refused(
        "this is a certificate; extract its key with "
        "\"openssl x509 -in certificate.pem -pubkey -noout\"");
  }
  if (!contains(pem, "-----BEGIN PUBLIC KEY-----")) {
    return refused("a PEM text that begins with \"-----BEGIN PUBLIC KEY-----\" is needed");
  }
  return checked(::PEM_read_bio_PUBKEY(memory_of(pem).get(), nullptr, &no_pass_phrase, nullptr));
}

Result<RsaKey> parse_private_key(const std::string& pem) {
  if (contains(pem, "ENCRYPTED")) {
    return refused(
        "the private key has a pass phrase; remove it with "
        "\"openssl rsa -in key.pem -out plain.pem\"");
  }
  if (!contains(pem, "PRIVATE KEY-----")) {
    return refused("a PEM text with a private RSA key is needed");
  }
  return checked(
      ::PEM_read_bio_PrivateKey(memory_of(pem).get(), nullptr, &no_pass_phrase, nullptr));
}

RsaKeyPair generate_key_pair() {
  const RsaKey key(::EVP_RSA_gen(limits::signing_key_bits_min), FreeKey());
  CHECK(key, "OpenSSL cannot make an RSA key");
  const Bio private_text(::BIO_new(::BIO_s_mem()), &::BIO_free);
  const Bio public_text(::BIO_new(::BIO_s_mem()), &::BIO_free);
  const int wrote_private = ::PEM_write_bio_PrivateKey(private_text.get(), key.get(), nullptr,
                                                       nullptr, 0, nullptr, nullptr);
  const int wrote_public = ::PEM_write_bio_PUBKEY(public_text.get(), key.get());
  CHECK(wrote_private == 1 && wrote_public == 1, "OpenSSL cannot write an RSA key");
  return {text_of(private_text.get()), text_of(public_text.get())};
}

bool verify_rs256(const RsaKey& key, std::string_view signed_text, std::string_view signature) {
  const Context context(::EVP_MD_CTX_new(), &::EVP_MD_CTX_free);
  CHECK(context, "out of memory in OpenSSL");
  if (::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key.get()) != 1) {
    return false;
  }
  const bool matches =
      ::EVP_DigestVerify(
          context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
          reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size()) == 1;
  if (!matches) ::ERR_clear_error();
  return matches;
}

std::string sign_rs256(const RsaKey& key, std::string_view text) {
  const Context context(::EVP_MD_CTX_new(), &::EVP_MD_CTX_free);
  CHECK(context, "out of memory in OpenSSL");
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  bool ok = ::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key.get()) == 1 &&
            ::EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1;
  std::string signature(size, '\0');
  ok = ok && ::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                              &size, bytes, text.size()) == 1;
  CHECK(ok, "OpenSSL cannot sign");
  signature.resize(size);
  return signature;
}

}  // namespace millrace
