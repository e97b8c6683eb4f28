// The one file of each executable here that carries Catch2 itself. Wide enough for the lines of a
// journal: a wrapped difference cannot be read.
#define CATCH_CONFIG_CONSOLE_WIDTH 300
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
