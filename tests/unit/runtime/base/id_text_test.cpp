#include "runtime/base/id_text.h"

#include "runtime/base/limits.h"
#include "tests/support/catch.h"

#include <string>

using namespace millrace;

TEST_CASE("an id that people choose has letters, digits, dots, underscores and hyphens") {
  CHECK(is_id_text("a"));
  CHECK(is_id_text("Acme-2.staging_eu"));
  CHECK(is_id_text(std::string(limits::id_bytes_max, 'x')));
  CHECK_FALSE(is_id_text(""));
  CHECK_FALSE(is_id_text(std::string(limits::id_bytes_max + 1, 'x')));
  for (const char* const text : {"a b", "a/b", "a%62", "\xc3\xa4", "a\n", "a:b", "a@b"}) {
    INFO(text);
    CHECK_FALSE(is_id_text(text));
  }
  CHECK_FALSE(is_id_text(std::string_view("a\0b", 3)));
}
