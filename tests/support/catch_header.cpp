// Nothing but the header: CMake precompiles it for all suites only if some source here uses it.
#include "tests/support/catch.h"
