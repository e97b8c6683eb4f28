#pragma once
// What a test run came to, in the form in which a project test says what it expects. Pure.

#include "actors/test_runs/test_runs.h"

namespace millrace {

/// {"status", "error": {"code", "message", "stepId"} | null, "response": {"statusCode", "headers",
/// "body"} | null, "steps": {"<id>": {"status", "input", "output"}}, "requests": `sent`}. In "steps" an
/// element's step is "<step>.<index>"; the response is the one that a caller would get.
JsonObject outcome_of(const TestReport& report, JsonObject sent);

}  // namespace millrace
