#pragma once
// One server for all functional tests that need no options of their own; each test has a project of
// its own on it. Should a test bring the server down, that test fails and the next gets a new one.

#include "tests/support/test_project.h"

namespace millrace::tests {

ServerProcess& shared_server();

/// What a living server answers to /healthz.
std::string alive_text();

/// What every test of bad input ends with: the server lives, and an ordinary request is answered.
bool is_well(const ServerProcess& server);

/// A workflow that answers {"twice": 2 * n}; the ordinary request of `is_well`.
inline constexpr const char* doubling_steps = R"json(
  {"id": "double", "type": "function", "parameters": {"n": "{{trigger.request.body.n}}"},
   "code": "({ n }) => 2 * n"},
  {"id": "reply", "type": "response", "body": {"twice": "{{double.result}}"}})json";

}  // namespace millrace::tests
