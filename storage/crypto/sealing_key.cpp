#include "storage/crypto/sealing_key.h"

#include "runtime/base/check.h"
#include "runtime/text/ascii_text.h"

#include <array>
#include <new>
#include <sodium.h>
#include <utility>

namespace millrace::storage {
namespace {

constexpr std::size_t id_bytes = 8;
static_assert(SealingKey::bytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

bool decode_hex(std::string_view text, unsigned char* key) {
  std::size_t size = 0;
  return text.size() == 2 * SealingKey::bytes &&
         ::sodium_hex2bin(key, SealingKey::bytes, text.data(), text.size(), nullptr, &size,
                          nullptr) == 0 &&
         size == SealingKey::bytes;
}

bool decode_base64(std::string_view text, unsigned char* key) {
  for (const int variant :
       {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
        sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING}) {
    std::size_t size = 0;
    if (::sodium_base642bin(key, SealingKey::bytes, text.data(), text.size(), nullptr, &size,
                            nullptr, variant) == 0 &&
        size == SealingKey::bytes) {
      return true;
    }
  }
  return false;
}

std::string hex_of(const unsigned char* bytes, std::size_t count) {
  std::string text(2 * count + 1, '\0');
  ::sodium_bin2hex(text.data(), text.size(), bytes, count);
  text.pop_back();  // sodium ends it with NUL
  return text;
}

}  // namespace

void wipe(std::string& text) {
  ::sodium_memzero(text.data(), text.size());
  text.clear();
}

void SealingKey::WipeAndFree::operator()(unsigned char* memory) const { ::sodium_free(memory); }

SealingKey::Memory SealingKey::allocate() {
  CHECK(::sodium_init() >= 0, "libsodium cannot be initialised");
  Memory memory(static_cast<unsigned char*>(::sodium_malloc(bytes)));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

SealingKey::SealingKey(Memory memory) : bytes_(std::move(memory)) {
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  const int done = ::crypto_generichash(hash.data(), hash.size(), bytes_.get(), bytes, nullptr, 0);
  CHECK(done == 0, "BLAKE2b failed");
  id_ = hex_of(hash.data(), id_bytes);
}

Result<SealingKey> SealingKey::parse(std::string_view text) {
  text = trimmed(text, all_white_space);
  Memory memory = allocate();
  if (decode_hex(text, memory.get()) || decode_base64(text, memory.get())) {
    return SealingKey(std::move(memory));
  }
  return Error(ErrorCode::invalid_request,
               "a secrets key is 32 bytes as 64 hex digits or as base64; \"openssl rand -hex 32\" "
               "makes one");
}

SealingKey SealingKey::make() {
  Memory memory = allocate();
  ::crypto_aead_xchacha20poly1305_ietf_keygen(memory.get());
  return SealingKey(std::move(memory));
}

std::string SealingKey::hex() const { return hex_of(bytes_.get(), bytes); }

}  // namespace millrace::storage
