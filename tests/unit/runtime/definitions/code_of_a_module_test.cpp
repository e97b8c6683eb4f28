// Code that compiles and yet is no function.

#include "runtime/definitions/code_hint.h"
#include "tests/support/catch.h"

namespace millrace {

TEST_CASE("code that hands its function to a module system is told to be the function alone") {
  for (const char* const code :
       {"module.exports = () => 1", "// a\nmodule.exports = function () {}",
        "exports.handler = async () => 1", "exports['f'] = () => 1"}) {
    INFO(code);
    CHECK_THAT(why_no_function(code), Catch::Contains("the function alone"));
  }
  for (const char* const code : {"() => 1", "exportsOf => 1", "exports => exports.a",
                                 "({ module }) => module.exports", "exports == 1"}) {
    INFO(code);
    CHECK(why_no_function(code).empty());
  }
}

}  // namespace millrace
