#include "actors/functions/process_memory.h"

#include "tests/support/catch.h"

#include <cstddef>
#include <vector>

#include <unistd.h>

namespace millrace::test {

TEST_CASE("memory that a process has written to counts as its own") {
  constexpr std::size_t size = 32u << 20;
  const std::size_t before = anonymous_bytes(::getpid());
  std::vector<unsigned char> written(size, 1);
  CHECK(anonymous_bytes(::getpid()) >= before + size / 2);
  CHECK(written.back() == 1);
}

TEST_CASE("a process that is not there has no memory") { CHECK(anonymous_bytes(-1) == 0); }

}  // namespace millrace::test
