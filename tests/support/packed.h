#pragma once
// Compressed bodies, made with zlib.

#include <stdexcept>
#include <string>
#include <string_view>
#include <zlib.h>

namespace millrace::tests {

/// `window_bits` as deflateInit2 takes it.
inline std::string packed(std::string_view plain, int window_bits, int level = 9) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot be used");
  }
  std::string result(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const bool is_done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  result.resize(stream.total_out);
  deflateEnd(&stream);
  if (!is_done) throw std::runtime_error("zlib needs more room than it said");
  return result;
}

inline std::string gzip(std::string_view plain) { return packed(plain, MAX_WBITS + 16); }
inline std::string zlib_deflate(std::string_view plain) { return packed(plain, MAX_WBITS); }
inline std::string bare_deflate(std::string_view plain) { return packed(plain, -MAX_WBITS); }

}  // namespace millrace::tests
