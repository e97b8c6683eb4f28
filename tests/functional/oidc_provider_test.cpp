// Sign-ins, refreshes and revocations against a provider that others have written (tests/oidc_provider).
#include "tests/functional/open_server.h"
#include "tests/support/catch.h"
#include "tests/support/child_process.h"

#include <filesystem>

using namespace millrace;
using namespace millrace::tests;
using namespace std::chrono_literals;

TEST_CASE(
    "a provider with PKCE and rotation is asked once for a new token, and believed when it takes "
    "all back") {
  const TestProject project(open_server());
  const std::string output =
      (std::filesystem::temp_directory_path() / ("oidc-provider-" + project.id())).string();
  ChildProcess node(
      {{MILLRACE_NODE, MILLRACE_OIDC_PROVIDER "/drive.mjs", MILLRACE_OIDC_PROVIDER_PACKAGES,
        "http://127.0.0.1:" + std::to_string(project.port()), project.id(), project.api_key(),
        project.token("ada")},
       output,
       output + ".errors"});
  const auto code = node.wait_for_exit(120s);
  const std::string said = read_file(output) + (code == 0 ? "" : read_file(output + ".errors"));
  std::filesystem::remove(output);
  std::filesystem::remove(output + ".errors");
  INFO(said);
  CHECK(code == 0);
  for (const char* const line : {
           R"(ok another verifier [400,"invalid_grant"])",
           "ok signed in [200,true]",
           R"(ok account [["VALID","ada"]])",
           "ok at the moment of expiry [1000,1]",
           R"(ok afterwards ["ada",1])",
           R"(ok an old refresh token [400,"invalid_grant"])",
           R"(ok without tokens "request_rejected")",
           R"(ok is invalid ["INVALID"])",
           "ok signed in again [200,true]",
           R"(ok is valid [["VALID"],"ada"])",
           R"(ok a code twice [400,"invalid_grant"])",
           R"(ok without tokens again "request_rejected")",
           R"(ok is invalid again ["INVALID"])",
           "ok signed in at last [200,true]",
           "ok is told of the end true",
           "ok its token true",
       }) {
    CAPTURE(line);
    CHECK(said.find(line) != std::string::npos);
  }
}
