#pragma once
// Random workflows for property tests: small, valid, with every kind of step in every place, and a
// script of outcomes for their functions. What a function does depends on its parameters alone, and
// at most one element of a fan-out that fails on errors can fail: then the outcome of a run does
// not depend on the order in which its elements happen to run.

#include "tests/support/function_script.h"
#include "tests/support/seeded_random.h"

namespace millrace {

struct RandomWorkflow {
  Json definition;
  FunctionScript script;
};

RandomWorkflow random_workflow(SeededRandom& random);

}  // namespace millrace
