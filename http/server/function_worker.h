#pragma once
// The program that runs users' JavaScript: where it is, and an engine made of it.

#include "runtime/base/result.h"
#include "runtime/functions/function_engine.h"

#include <memory>
#include <string>

namespace millrace {

/// The one that is given, else the one beside this binary (a build), else ../lib/millrace (installed).
std::string function_worker_path(const std::string& given);

/// Error invalid_request when there is no such program.
Outcome check_function_worker_file(const std::string& path);

/// Of one worker, to compile the code of a project folder with; null is never returned.
Result<std::unique_ptr<FunctionEngine>> make_checking_engine();

}  // namespace millrace
