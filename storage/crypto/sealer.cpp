#include "storage/crypto/sealer.h"

#include "runtime/base/check.h"

#include <sodium.h>

namespace millrace::storage {
namespace {

// Stored bytes: see the header. Versions are never reused.
constexpr char version_1 = 1;
constexpr std::size_t id_bytes = 8;
constexpr std::size_t header_bytes = 1 + id_bytes;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string header_of(const std::string& key_id) {
  std::string header(header_bytes, version_1);
  const int done = ::sodium_hex2bin(bytes_of(header) + 1, id_bytes, key_id.data(), key_id.size(),
                                    nullptr, nullptr, nullptr);
  CHECK(done == 0, "a key id is hex");
  return header;
}

/// What is authenticated beside the text: which key, and where the value belongs.
std::string associated_data(std::string_view header, std::string_view place) {
  return std::string(header).append(place);
}

bool is_whole(std::string_view sealed) {
  return sealed.size() >= header_bytes + nonce_bytes + tag_bytes && sealed.front() == version_1;
}

Error damaged() {
  return Error(ErrorCode::corrupt_data,
               "a sealed value is damaged or stands in another value's place; set it again");
}

}  // namespace

std::string Sealer::seal(std::string_view plain, std::string_view place) const {
  std::string sealed = header_of(key_.id());
  const std::string data = associated_data(sealed, place);
  sealed.resize(header_bytes + nonce_bytes + plain.size() + tag_bytes);
  unsigned char* const nonce = bytes_of(sealed) + header_bytes;
  ::randombytes_buf(nonce, nonce_bytes);
  const int done = ::crypto_aead_xchacha20poly1305_ietf_encrypt(
      nonce + nonce_bytes, nullptr, bytes_of(plain), plain.size(), bytes_of(data), data.size(),
      nullptr, nonce, key_.data());
  CHECK(done == 0, "sealing failed");
  return sealed;
}

Result<std::string> Sealer::unseal(std::string_view sealed, std::string_view place) const {
  if (!is_whole(sealed)) return damaged();
  if (!has_sealed(sealed)) {
    return Error(ErrorCode::secrets_locked,
                 "the value is sealed under the secrets key " + sealing_key_id(sealed) +
                     ", this server has " + key_.id() +
                     ": start it with --secrets-key-file naming the right one");
  }
  const std::string data = associated_data(sealed.substr(0, header_bytes), place);
  const std::string_view nonce = sealed.substr(header_bytes, nonce_bytes);
  const std::string_view cipher = sealed.substr(header_bytes + nonce_bytes);
  std::string plain(cipher.size() - tag_bytes, '\0');
  const int done = ::crypto_aead_xchacha20poly1305_ietf_decrypt(
      bytes_of(plain), nullptr, nullptr, bytes_of(cipher), cipher.size(), bytes_of(data),
      data.size(), bytes_of(nonce), key_.data());
  if (done != 0) return damaged();
  return plain;
}

bool Sealer::has_sealed(std::string_view sealed) const {
  return sealing_key_id(sealed) == key_.id();
}

std::string sealing_key_id(std::string_view sealed) {
  if (!is_whole(sealed)) return {};
  std::string id(2 * id_bytes + 1, '\0');
  ::sodium_bin2hex(id.data(), id.size(), bytes_of(sealed) + 1, id_bytes);
  id.pop_back();  // sodium ends it with NUL
  return id;
}

}  // namespace millrace::storage
