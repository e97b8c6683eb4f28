// Catch2 itself, compiled once for all test executables. Wide enough for the lines of a journal: a
// wrapped difference cannot be read.
#define CATCH_CONFIG_MAIN
#define CATCH_CONFIG_CONSOLE_WIDTH 300
#include <catch2/catch.hpp>
