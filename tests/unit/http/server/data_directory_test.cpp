#include "http/server/data_directory.h"

#include "tests/contracts/temporary_directory.h"
#include "tests/support/catch.h"

#include <sys/stat.h>

namespace millrace {

TEST_CASE("a data directory that others may enter is named with its mode and the remedy",
          "[http]") {
  const tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/data";
  REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  CHECK_FALSE(find_open_to_others(path));
  for (const mode_t mode : {0755u, 0750u, 0701u}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    const auto told = find_open_to_others(path);
    REQUIRE(told);
    CHECK_THAT(*told, Catch::Contains(path) && Catch::Contains("chmod -R go= "));
  }
  CHECK_THAT(*find_open_to_others(path), Catch::Contains("(mode 0701)"));
  CHECK_FALSE(find_open_to_others(directory.path() + "/missing"));
}

}  // namespace millrace
