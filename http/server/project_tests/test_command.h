#pragma once
// `millrace test FOLDER`: runs tests/*.json of a project folder, without a server and without a network.

#include "http/cli/check_folder.h"

namespace CLI {
class App;
}

namespace millrace {

void add_test_command(CLI::App& app, int& exit_code, MakeFunctionEngine make_engine);

}  // namespace millrace
