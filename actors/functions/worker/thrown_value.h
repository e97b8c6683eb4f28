#pragma once
// Turns a thrown JavaScript value into a Failure with the place in the user's own code.
// It may run code of the user (getters, toString, proxies): the watchdog must still be armed.

#include "actors/functions/worker/failure.h"

#include <v8.h>

#include <string_view>

namespace millrace::worker {

/// Name of the script that holds the user's code; frames of other scripts are left out.
inline constexpr std::string_view user_script = "function";

/// `message` may be empty (a rejected promise has none).
Failure describe_thrown(v8::Isolate* isolate, v8::Local<v8::Context> context,
                        v8::Local<v8::Value> thrown, v8::Local<v8::Message> message);

/// The compiler's complaint, as function_syntax, with line and column of the user's text.
/// `lines` is the number of lines of that text: what is missing at its end is reported there.
Failure describe_syntax_error(v8::Isolate* isolate, v8::Local<v8::Context> context,
                              const v8::TryCatch& caught, int lines);

}  // namespace millrace::worker
