// The peer of the pages' examples, as its readers see it.
#include "tests/support/example_peer.h"

#include "tests/support/catch.h"
#include "tests/support/server_process.h"

#include <sstream>

using namespace millrace::tests;

TEST_CASE("the example peer writes a line for each request") {
  std::ostringstream lines;
  {
    const ExamplePeer peer(0, &lines);
    const ProgramEnd end = run_program({"/bin/bash", "-c",
                                        "curl -sS -d hello '" + peer.url("/echo?said") +
                                            "' && curl -sS '" + peer.url("/pages?after=2") + "'"});
    INFO(end.errors);
    REQUIRE(end.exit_code == 0);
    CHECK_THAT(end.output, Catch::Contains("hello"));
  }
  CHECK(lines.str() == "POST /echo?said, 5 bytes\nGET /pages?after=2\n");
}
