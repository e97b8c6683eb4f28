// storage/crypto: what opens, what does not, and what errors tell.

#include "storage/crypto/sealer.h"

#include "tests/support/catch.h"
#include "tests/support/seeded_random.h"

#include <set>

namespace millrace::tests {
namespace {

using storage::Sealer;
using storage::SealingKey;

const std::string key_text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const std::string other_text = std::string(64, 'a');

Sealer sealer_of(const std::string& text) { return Sealer(*SealingKey::parse(text)); }

TEST_CASE("what is sealed opens again at its place", "[sealing]") {
  const Sealer sealer = sealer_of(key_text);
  for (const std::string& plain : {std::string(), std::string("s3cret"), std::string("\0\xff", 2),
                                   std::string(100'000, 'x')}) {
    const auto opened = sealer.unseal(sealer.seal(plain, "place"), "place");
    REQUIRE(opened.ok());
    CHECK(*opened == plain);
  }
}

TEST_CASE("a sealed value shows nothing of its text and differs each time", "[sealing]") {
  const Sealer sealer = sealer_of(key_text);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string sealed = sealer.seal("a text to look for", "place");
    CHECK(sealed.find("text") == std::string::npos);
    CHECK(seen.insert(sealed).second);
  }
}

TEST_CASE("a value that is moved to another place does not open", "[sealing]") {
  const Sealer sealer = sealer_of(key_text);
  const std::string sealed = sealer.seal("s3cret", "project 1");
  for (const std::string place : {"project 2", "project 11", "project ", ""}) {
    const auto opened = sealer.unseal(sealed, place);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == ErrorCode::corrupt_data);
  }
}

TEST_CASE("a value under another key says which key it needs", "[sealing]") {
  const Sealer sealer = sealer_of(key_text);
  const Sealer other = sealer_of(other_text);
  const std::string sealed = sealer.seal("s3cret", "place");
  CHECK(storage::sealing_key_id(sealed) == sealer.key_id());
  CHECK(sealer.has_sealed(sealed));
  CHECK_FALSE(other.has_sealed(sealed));
  const auto opened = other.unseal(sealed, "place");
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::secrets_locked);
  CHECK_THAT(opened.error().message, Catch::Contains(sealer.key_id()));
  CHECK_THAT(opened.error().message, Catch::Contains("--secrets-key-file"));
}

TEST_CASE("every changed, missing or added byte is found", "[sealing]") {
  const Sealer sealer = sealer_of(key_text);
  const std::string sealed = sealer.seal("s3cret", "place");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_FALSE(sealer.unseal(damaged, "place").ok());
    const auto cut = sealer.unseal(sealed.substr(0, i), "place");
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.error().code == ErrorCode::corrupt_data);
  }
  CHECK_FALSE(sealer.unseal(sealed + "x", "place").ok());
}

TEST_CASE("random bytes never open and never harm", "[sealing]") {
  const Sealer sealer = sealer_of(key_text);
  SeededRandom random(11);
  for (std::size_t size = 0; size < 200; ++size) {
    std::vector<std::uint8_t> bytes(size);
    random.fill(bytes);
    CHECK_FALSE(sealer.unseal(std::string(bytes.begin(), bytes.end()), "place").ok());
  }
}

TEST_CASE("a key is read as hex or base64, with white space around it", "[sealing]") {
  const std::string id = SealingKey::parse(key_text)->id();
  CHECK(id.size() == 16);
  CHECK(key_text.find(id) == std::string::npos);
  const std::string base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  for (const std::string& text :
       {"  " + key_text + "\n", base64, base64 + "\r\n", base64.substr(0, 43),
        std::string("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")}) {
    const auto key = SealingKey::parse(text);
    REQUIRE(key.ok());
    CHECK(key->id() == id);
    CHECK(key->hex() == key_text);
  }
}

TEST_CASE("what is not a key is refused without repeating it", "[sealing]") {
  for (const std::string& text :
       {std::string(), std::string("hello"), key_text.substr(2), key_text + "00",
        std::string(64, 'g'), std::string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==")}) {
    const auto key = SealingKey::parse(text);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == ErrorCode::invalid_request);
    if (!text.empty()) CHECK(key.error().message.find(text) == std::string::npos);
  }
}

TEST_CASE("made keys differ", "[sealing]") {
  CHECK(SealingKey::make().hex() != SealingKey::make().hex());
}

TEST_CASE("wiped text is gone", "[sealing]") {
  std::string text(100, 'k');
  const char* const memory = text.data();
  storage::wipe(text);
  CHECK(text.empty());
  CHECK(std::string_view(memory, 1) == std::string_view("\0", 1));
}

}  // namespace
}  // namespace millrace::tests
