#pragma once
// The file of certificates that servers are checked against: the system's, and an operator's own.
// libcurl takes either a file of its own or the system's, and parses it once for all connections
// only if there is a single file; so the two become one file in memory.

#include "runtime/base/result.h"

#include <string>

namespace millrace {

class TrustedCertificates {
 public:
  /// Error invalid_parameters when the file cannot be read or has no certificate.
  static Result<TrustedCertificates> with_extra_file(const std::string& extra_file);

  TrustedCertificates() = default;  // the system's
  ~TrustedCertificates();
  TrustedCertificates(TrustedCertificates&& other) noexcept;
  TrustedCertificates& operator=(TrustedCertificates&& other) noexcept;

  /// Where libcurl finds them, as long as this object lives; empty: libcurl's own default.
  std::string path() const;

 private:
  int memory_file_ = -1;
};

}  // namespace millrace
