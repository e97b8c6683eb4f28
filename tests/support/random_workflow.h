#pragma once
// Random workflows for property tests: small, valid, with every kind of step in every place, and a
// script of outcomes for their functions and requests. What they do depends on parameters, or what is
// sent, alone, and at most one element of a fan-out that fails on errors can fail: then the outcome of a run does
// not depend on the order in which its elements happen to run.

#include "tests/support/function_script.h"
#include "tests/support/request_script.h"
#include "tests/support/seeded_random.h"

namespace millrace {

struct RandomWorkflow {
  Json definition;
  FunctionScript script;
  RequestScript requests;
};

RandomWorkflow random_workflow(SeededRandom& random);

}  // namespace millrace
