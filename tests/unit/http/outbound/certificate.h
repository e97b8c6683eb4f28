#pragma once
// A certificate made on the spot, and a caller's options that trust it.

#include "outbound_fixture.h"
#include "tests/contracts/temporary_directory.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <string>

namespace millrace::tests {

/// A self-signed certificate for `name` ("IP:127.0.0.1", "DNS:peer.example"), in a server's context
/// and, with its key, in files.
class Certificate {
 public:
  explicit Certificate(const std::string& name)
      : key_(EVP_RSA_gen(2048)), certificate_(X509_new()) {
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* const subject = X509_get_subject_name(certificate_);
    const auto* const text = reinterpret_cast<const unsigned char*>("Millrace test");
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate_, subject);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
    X509_add_ext(certificate_, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate_, key_, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate_);
    SSL_CTX_use_PrivateKey(context_, key_);
    write(file(), [this](BIO* out) { PEM_write_bio_X509(out, certificate_); });
    write(key_file(), [this](BIO* out) {
      PEM_write_bio_PrivateKey(out, key_, nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  ~Certificate() {
    SSL_CTX_free(context_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  SSL_CTX* context() const { return context_; }
  std::string file() const { return directory_.path() + "/certificate.pem"; }
  std::string key_file() const { return directory_.path() + "/key.pem"; }

 private:
  template <class Put>
  static void write(const std::string& path, Put put) {
    BIO* const memory = BIO_new(BIO_s_mem());
    put(memory);
    char* pem = nullptr;
    const long size = BIO_get_mem_data(memory, &pem);
    std::ofstream(path) << std::string(pem, static_cast<std::size_t>(size));
    BIO_free(memory);
  }

  EVP_PKEY* const key_;
  X509* const certificate_;
  SSL_CTX* const context_ = SSL_CTX_new(TLS_server_method());
  const TemporaryDirectory directory_;
};

inline OutboundOptions trusting(const Certificate& certificate) {
  auto options = open_for_loopback();
  options.extra_ca_file = certificate.file();
  return options;
}

}  // namespace millrace::tests
