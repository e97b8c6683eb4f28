#include "http/outbound/trusted_certificates.h"

#include <curl/curl.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace millrace {
namespace {

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<TrustedCertificates> TrustedCertificates::with_extra_file(const std::string& extra_file) {
  const auto extra = content_of(extra_file);
  if (!extra || extra->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return Error(ErrorCode::invalid_parameters,
                 "the certificates in \"" + extra_file + "\" cannot be used: " +
                     (extra ? "it holds no certificate in PEM form" : "it cannot be read"));
  }
  const char* const system_file = curl_version_info(CURLVERSION_NOW)->cainfo;
  const auto system = system_file == nullptr ? std::nullopt : content_of(system_file);
  TrustedCertificates trusted;
  trusted.memory_file_ = ::memfd_create("trusted-certificates", MFD_CLOEXEC);
  if (trusted.memory_file_ < 0 ||
      !write_all(trusted.memory_file_, system.value_or("") + "\n" + *extra + "\n")) {
    return Error(ErrorCode::overloaded, "no memory for the trusted certificates");
  }
  return trusted;
}

TrustedCertificates::~TrustedCertificates() {
  if (memory_file_ >= 0) ::close(memory_file_);
}

TrustedCertificates::TrustedCertificates(TrustedCertificates&& other) noexcept
    : memory_file_(std::exchange(other.memory_file_, -1)) {}

TrustedCertificates& TrustedCertificates::operator=(TrustedCertificates&& other) noexcept {
  std::swap(memory_file_, other.memory_file_);
  return *this;
}

std::string TrustedCertificates::path() const {
  // Opened by this path anew each time, so each reader begins at the file's start.
  return memory_file_ < 0 ? std::string() : "/proc/self/fd/" + std::to_string(memory_file_);
}

}  // namespace millrace
