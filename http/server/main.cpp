// millrace: the server and its command line, in one binary.

#include "http/cli/commands.h"
#include "http/cli/exit_codes.h"
#include "http/cli/usage_errors.h"
#include "http/server/function_worker.h"
#include "http/server/move_command.h"
#include "http/server/project_tests/test_command.h"
#include "http/server/rotate_secrets_key_command.h"
#include "http/server/serve_command.h"
#include "runtime/base/version.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace {

namespace exit_codes = millrace::exit_codes;

int run(int argc, char** argv) {
  CLI::App app("Millrace, a durable workflow runtime: the server and its command line.",
               "millrace");
  app.set_version_flag("--version", "millrace " + std::string(millrace::program_version),
                       "print the version and end");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit codes: 0 done; 1 refused (by validation or by the server); 2 wrong usage, or the "
      "server\n"
      "could not start; 3 no server answers.\n"
      "Every option of serve is also an environment variable: --data-dir is MILLRACE_DATA_DIR.\n"
      "The other commands read MILLRACE_URL, MILLRACE_PROJECT, MILLRACE_API_KEY, "
      "MILLRACE_ADMIN_KEY\n"
      "and MILLRACE_TOKEN. Colour is for terminals; NO_COLOR turns it off.");
  int exit_code = exit_codes::done;
  millrace::add_serve_command(app, exit_code);
  millrace::add_rotate_secrets_key_command(app, exit_code);
  millrace::add_move_command(app, exit_code);
  millrace::add_test_command(app, exit_code, &millrace::make_checking_engine);
  millrace::add_client_commands(app, exit_code, &millrace::make_checking_engine);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help, version
    std::cerr << millrace::usage_error_text(app, error) << std::endl;
    return exit_codes::usage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& exception) {
    std::cerr << "millrace: " << exception.what() << std::endl;
    return exit_codes::usage;
  }
}
