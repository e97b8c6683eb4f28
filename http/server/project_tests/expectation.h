#pragma once
// What a test expects beside what there is. An object expects the members that it names and lets others
// be; everything else is expected exactly, arrays element by element. Pure.

#include "runtime/base/json.h"

#include <string>
#include <vector>

namespace millrace {

struct Difference {
  std::string path;  // response.body.tags[1]
  Json expected;
  Json got;
  bool is_missing = false;  // there is nothing at `path`
};

/// `path` is where the two stand. A string expected under the key "url" may hold `*` for any text.
std::vector<Difference> differences(const Json& expected, const Json& got, const std::string& path);

}  // namespace millrace
