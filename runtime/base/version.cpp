#include "runtime/base/version.h"

namespace millrace {

const std::string_view program_version = MILLRACE_VERSION;

}  // namespace millrace
