#pragma once
// The shapes of the route tables (route.h) as JSON Schema, draft 2020-12, as OpenAPI 3.1 has it:
//
//   string integer number boolean object any null date      date: an instant, "2026-01-31T09:00:00.000Z"
//   "GET"                       exactly this text
//   A|B                         one of them; texts among them become an enum
//   [A]                         an array of A
//   {a: A, b?: B}               an object; `b` may be missing, more members may come
//   {[type]: A}                 an object whose members, named by types here, are all A
//   Workflow                    a reference to #/components/schemas/Workflow
//
// Pure. The shapes are constants of ours, so a broken one is a bug: CHECK.

#include "runtime/base/json.h"

#include <string_view>

namespace millrace {

JsonObject schema_of_shape(std::string_view shape);

}  // namespace millrace
