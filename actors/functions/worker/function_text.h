#pragma once
// From the user's text to a compiled script whose value is the user's function. Compiling runs
// nothing. The text must be one expression: it is put in parentheses, and a second wrapping in
// brackets makes sure that it does not close our parentheses and open its own.

#include "actors/functions/worker/failure.h"

#include <v8.h>

#include <string>
#include <variant>

namespace millrace::worker {

/// The script, bound to no context yet; or why there is none (function_syntax).
std::variant<v8::Local<v8::UnboundScript>, Failure> compile_function(v8::Isolate* isolate,
                                                                     v8::Local<v8::Context> context,
                                                                     const std::string& code);

}  // namespace millrace::worker
