#pragma once
// Catch2 beside Millrace's own headers. Both name a macro CHECK: ours belongs to the code under test
// and is done with once the headers that use it are read, so tests see Catch2's. Test files include
// this one instead of <catch2/catch.hpp>; a header that uses our CHECK inline is included here.

#include "runtime/base/check.h"
#include "runtime/base/lane_queue.h"
#include "runtime/base/recent_map.h"
#include "runtime/base/result.h"
#include "runtime/base/rotation.h"

#undef CHECK

#include <catch2/catch.hpp>
