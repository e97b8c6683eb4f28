#pragma once
// The commands of a page in docs/, as a reader pastes them into bash: its fences "```sh", which may have a name
// behind. They name the project "demo", and use what the pages say a reader has: URL, KEY (the project's API key) and
// TOKEN (of a user).

#include "tests/support/test_project.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::tests {

/// The fence "```sh NAME"; without a name all fences "```sh", one after the other. Throws when there is none.
std::string commands_of(const std::string& page, const std::string& name = {});
/// What they print for that project; `before`: commands that go before them. Throws with what they have printed when
/// the last one fails.
std::string output_of(const TestProject& project, const std::string& commands,
                      const std::string& before = {});
/// Of output that is a JSON value a line.
std::vector<Json> answers_in(const std::string& output);

/// Wherever it stands.
std::string replaced(std::string text, std::string_view what, std::string_view with);

}  // namespace millrace::tests
