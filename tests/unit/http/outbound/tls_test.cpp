// Certificates are checked: a peer with one made on the spot is refused until it is trusted.

#include "outbound_fixture.h"

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <openssl/pem.h>
#include <mutex>
#include <openssl/x509v3.h>
#include <unistd.h>
#include <vector>

namespace millrace::tests {
namespace {

/// A self-signed certificate for `name` ("IP:127.0.0.1", "DNS:peer.example"), in a server's context
/// and in a file.
class Certificate {
 public:
  explicit Certificate(const std::string& name) : key_(EVP_RSA_gen(2048)), certificate_(X509_new()) {
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
    BIO* const memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, certificate_);
    char* pem = nullptr;
    const long size = BIO_get_mem_data(memory, &pem);
    file_ = std::filesystem::temp_directory_path() /
            ("millrace-certificate-" + std::to_string(::getpid()) + ".pem");
    std::ofstream(file_) << std::string(pem, static_cast<std::size_t>(size));
    BIO_free(memory);
  }
  ~Certificate() {
    std::filesystem::remove(file_);
    SSL_CTX_free(context_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  SSL_CTX* context() const { return context_; }
  std::string file() const { return file_.string(); }

 private:
  EVP_PKEY* const key_;
  X509* const certificate_;
  SSL_CTX* const context_ = SSL_CTX_new(TLS_server_method());
  std::filesystem::path file_;
};

MisbehavingPeer::Script saying_ok() {
  return MisbehavingPeer::serving(
      [](PeerConnection& connection, const PeerRequest&) { connection.answer(200, "ok"); });
}

OutboundOptions trusting(const Certificate& certificate) {
  auto options = open_for_loopback();
  options.extra_ca_file = certificate.file();
  return options;
}

}  // namespace

TEST_CASE("a certificate that nobody trusts ends the connection", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  MisbehavingPeer peer(saying_ok(), certificate.context());
  const auto caller = make_caller();
  const auto outcome = send(*caller, request_to(peer.url("/?secret")));
  REQUIRE(code_of(outcome) == "tls_failed");
  CHECK_THAT(outcome.error().message, Catch::Contains("self-signed certificate"));
  CHECK(outcome.error().message.find("secret") == std::string::npos);
}

TEST_CASE("a certificate that the operator trusts is accepted", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  MisbehavingPeer peer(saying_ok(), certificate.context());
  const auto caller = make_caller(trusting(certificate));
  for (int i = 0; i < 3; ++i) CHECK(code_of(send(*caller, request_to(peer.url()))) == "status 200");
  CHECK(peer.connections() == 1);
}

TEST_CASE("a trusted certificate of another host is refused", "[outbound]") {
  const Certificate certificate("DNS:peer.example");
  MisbehavingPeer peer(saying_ok(), certificate.context());
  const std::string port = std::to_string(peer.port());
  auto options = trusting(certificate);
  options.resolve = {"peer.example:" + port + ":127.0.0.1", "other.example:" + port + ":127.0.0.1"};
  const auto caller = make_caller(options);
  CHECK(code_of(send(*caller, request_to("https://peer.example:" + port + "/"))) == "status 200");
  CHECK(code_of(send(*caller, request_to("https://other.example:" + port + "/"))) == "tls_failed");
  CHECK(code_of(send(*caller, request_to(peer.url()))) == "tls_failed");
}

TEST_CASE("a peer that speaks no TLS fails as TLS", "[outbound]") {
  MisbehavingPeer peer([](PeerConnection& connection) { connection.send("hello\r\n\r\n"); });
  const auto caller = make_caller();
  CHECK(code_of(send(*caller, request_to("https://127.0.0.1:" + std::to_string(peer.port())))) ==
        "tls_failed");
}

TEST_CASE("a redirect from https to http is not followed", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  MisbehavingPeer plain(saying_ok());
  MisbehavingPeer peer(MisbehavingPeer::serving(
                           [&](PeerConnection& connection, const PeerRequest&) {
                             connection.answer(302, "", "Location: " + plain.url() + "\r\n");
                           }),
                       certificate.context());
  const auto caller = make_caller(trusting(certificate));
  const auto outcome = send(*caller, request_to(peer.url()));
  REQUIRE(code_of(outcome) == "bad_response");
  CHECK_THAT(outcome.error().message, Catch::Contains("from https to http"));
  CHECK(plain.connections() == 0);
}

TEST_CASE("a burst of https calls to a server without HTTP/2 runs in parallel", "[outbound]") {
  const Certificate certificate("IP:127.0.0.1");
  constexpr std::size_t count = 30;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t arrived = 0;
  MisbehavingPeer peer(MisbehavingPeer::serving(
                           [&](PeerConnection& connection, const PeerRequest&) {
                             std::unique_lock lock(mutex);
                             ++arrived;
                             changed.notify_all();
                             changed.wait(lock, [&] { return arrived >= count; });
                             lock.unlock();
                             connection.answer(200, "ok");
                           }),
                       certificate.context());
  const auto caller = make_caller(trusting(certificate));
  std::vector<std::future<HttpOutcome>> answers;
  for (std::size_t i = 0; i < count; ++i) {
    auto answered = std::make_shared<std::promise<HttpOutcome>>();
    answers.push_back(answered->get_future());
    caller->call(request_to(peer.url()),
                 [answered](HttpOutcome outcome) { answered->set_value(std::move(outcome)); });
  }
  for (auto& each : answers) CHECK(code_of(each.get()) == "status 200");
}

}  // namespace millrace::tests
