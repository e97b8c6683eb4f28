#pragma once
// The workflows of the crash test, and what is true of each of their runs whenever and however
// often the server died meanwhile.
//
// Every function stamps its result with random bits, and the last step of each workflow, "seen",
// returns the results that it was given. A step that ran again after something had seen its result
// would have another stamp in the history than in "seen".

#include "tests/crash/load_peer.h"
#include "tests/support/test_project.h"

#include <array>
#include <string>

namespace millrace::tests {

/// chain: three functions. retry: a function that fails at first. fan: twenty elements, each a
/// function. sleep: a second's delay between functions. reply: held until a Response step, with a
/// function behind it. request: a request that may be refused at first, and one of three pages.
inline constexpr std::array<const char*, 6> load_workflows{"chain", "retry", "fan",
                                                           "sleep", "reply", "request"};

void deploy_load_workflows(const TestProject& project, const LoadPeer& peer);

/// The body that triggers one: its number, and the client's time.
std::string load_body(std::int64_t number);

/// A run that a client was told of, by 202 or by its response.
struct AcknowledgedRun {
  std::string id;
  std::string workflow;
  std::int64_t number = 0;
  std::string response;  // of "reply": its body
};

/// What is wrong with a run that has ended; empty when nothing is.
std::string problem_of(const TestProject& project, const LoadPeer& peer,
                       const AcknowledgedRun& run);

}  // namespace millrace::tests
