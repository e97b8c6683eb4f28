// The one file of this executable that carries Catch2 itself.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
