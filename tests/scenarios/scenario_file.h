#pragma once
// A scenario file, taken apart into its lines. README.md of this folder describes the format.

#include "runtime/base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct ScenarioLine {
  std::size_t number = 0;          // in the file, from 1
  std::string verb;                // "given", "when" or "then"
  std::string text;                // the rest of the line
  std::vector<std::string> block;  // the indented lines below it, without their indent
};

struct Scenario {
  std::string title;
  Json definition;  // whole: a list of steps has been given a request trigger
  std::vector<ScenarioLine> lines;
};

/// Reads the text of a file. A mistake in it is an Error that names the line.
Result<Scenario> read_scenario(std::string_view text);

}  // namespace millrace
