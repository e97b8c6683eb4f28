#pragma once
// A value that a user fills in, for an integration when connecting or for one workflow.

#include "runtime/base/json.h"

#include <string>
#include <vector>

namespace millrace {

struct Setting {
  std::string id;
  std::string type;  // text number boolean email password url enum field mapping
  bool is_required = false;
  /// Of an enum: the values to choose from; empty: any.
  std::vector<Json> choices{};
};

}  // namespace millrace
