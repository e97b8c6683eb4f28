#pragma once
// The keys `autoRetry` and `retry` of a step:
//
//   "autoRetry": true                     the standard ladder
//   "retry": {"delays": ["1s", "5s"]}     these waits
//   "retry": {"max": 5, "initial": "1s", "factor": 2, "cap": "1m"}
//                                         a ladder; `factor` and `cap` are optional
//   "retry": {..., "statuses": [404]}     also after these statuses of a response; alone: with the
//                                         standard ladder
//   "retry": {..., "codes": ["function_memory"]}
//                                         likewise, after these errors
//
// `retry` means `autoRetry` as well, unless `autoRetry` is false.

#include "runtime/reading/object_reader.h"
#include "runtime/retries/retry_policy.h"

namespace millrace {

RetryPolicy read_retry_policy(ObjectReader& step);

}  // namespace millrace
