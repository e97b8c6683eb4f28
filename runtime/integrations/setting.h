#pragma once
// A value that a user fills in, for an integration when connecting or for one workflow.

#include <string>

namespace millrace {

struct Setting {
  std::string id;
  std::string type;  // text number boolean email password url enum field mapping
  bool is_required = false;
};

}  // namespace millrace
