#pragma once
// What a function answers, as scenario files say it:
//
//   returns {"a": 1}                       throws "no such lead"
//   echoes                                 fails with function_timeout "too slow"
//   doubles n                              fails 2 times with function_timeout "slow", then echoes
//   returns parameter name                 logs warn "careful", then returns 1
//   returns 150 nested arrays              when n is 3: throws "no", otherwise doubles n

#include "tests/support/function_script.h"

#include <string_view>

namespace millrace {

Result<FunctionRule> read_function_rule(std::string_view text);

}  // namespace millrace
