#pragma once
// What a server answers, as scenario files say it:
//
//   answers 200 {"id": 7}                        application/json
//   answers 204                                  no body
//   answers 200 text/plain "hello"               answers 200 image/png hex 89504e47
//   answers 200 "text/html; charset=utf-8" "hello"
//   answers 429 with retry-after 40 {"a": 1}     further headers; a value with spaces in quotes
//   fails with connection_failed "refused"
//   echoes                                       200 with the request, see request_script.h
//   <one of these> 2 times, then <rule>          the first two attempts (of each page)
//   <one of these>, then <rule>                  the first attempt
//   when url has "page=b": <rule>, otherwise <rule>

#include "tests/support/request_script.h"

#include <string_view>

namespace millrace {

Result<RequestRule> read_request_rule(std::string_view text);

}  // namespace millrace
