#pragma once
// A multipart/form-data body (RFC 7578) that is read piece by piece: files are referenced, not
// copied, and several readers (a redirect, a second try) may use one body.

#include "runtime/outbound/http_caller.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {

class FormBody {
 public:
  /// `boundary` must occur in none of the parts: the caller makes it of 120 random bits.
  FormBody(const std::vector<FormPart>& parts, const std::string& boundary);

  const std::string& content_type() const { return content_type_; }
  std::size_t size() const { return size_; }
  /// Copies what lies at `offset` into `into`; returns how much, 0 at the end.
  std::size_t read(std::size_t offset, std::span<char> into) const;
  /// Whether a part, its name or its file's name is or has one of them.
  bool holds_any(const Redaction& secrets) const;

 private:
  void add(std::string text);
  void add(const SharedBytes& bytes);

  std::string content_type_;
  std::vector<SharedBytes> pieces_;
  std::vector<std::size_t> starts_;  // of each piece in the whole body
  std::size_t size_ = 0;
};

}  // namespace millrace
