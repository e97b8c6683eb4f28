#include "http/server/serve_command.h"

#include "http/cli/exit_codes.h"
#include "http/outbound/curl_http_caller.h"
#include "http/server/compose.h"
#include "http/server/data_directory.h"
#include "http/server/function_worker.h"
#include "http/server/secrets_key.h"
#include "http/server/server_options.h"
#include "http/server/shutdown_signal.h"
#include "runtime/base/version.h"

#include <CLI/CLI.hpp>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>

namespace millrace {
namespace {

constexpr std::size_t log_queue_lines_max = 8'192;

void set_up_logging(const std::string& level) {
  // Standard output belongs to the one line that says where the server listens. Lines come from the
  // commit thread too, so a reader of standard error that is slow must not hold up whoever logs: they
  // wait in a queue, and when it is full the oldest are dropped.
  spdlog::init_thread_pool(log_queue_lines_max, 1);
  spdlog::set_default_logger(std::make_shared<spdlog::async_logger>(
      "millrace", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(level));
}

/// A connection is a descriptor; the usual soft limit of 1024 is less than connections_max.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    spdlog::warn("cannot raise the limit of open files; it may bound the number of connections");
  }
}

/// What a start would refuse for the options' sake, without starting anything: `--print-config` says it, too.
Outcome check(const ServerOptions& options) {
  constexpr std::size_t admin_key_bytes_min = 8;
  const std::size_t key_bytes = options.admin_key.size();
  if (key_bytes > 0 && key_bytes < admin_key_bytes_min) {
    return Error(ErrorCode::invalid_request,
                 "--admin-key: the key makes projects, so it has at least " +
                     std::to_string(admin_key_bytes_min) +
                     " characters; without one, a good one is made");
  }
  auto worker = check_function_worker_file(function_worker_path(options.function_worker));
  if (!worker) return worker;
  if (!options.secrets_key_file.empty()) {
    if (auto key = read_secrets_key(options.secrets_key_file); !key) return key.error();
  }
  auto http = CurlHttpCaller::make(options.outbound, [](LogLevel, const std::string&) {});
  return http ? Outcome(Done{}) : Outcome(http.error());
}

int serve(const ServerOptions& options) {
  make_files_for_owner_only();
  set_up_logging(options.log_level);
  spdlog::info("millrace {}", program_version);
  raise_descriptor_limit();
  const ShutdownSignal shutdown;
  auto server = RunningServer::start(options);
  if (!server) {
    std::cerr << "millrace: " << server.error().message << std::endl;
    return exit_codes::usage;
  }
  if (const auto open = find_open_to_others(options.data_dir); open && !options.in_memory) {
    spdlog::warn("{}", *open);
  }
  if (!options.listen.is_loopback()) {
    spdlog::warn("listening beyond loopback without TLS; put a reverse proxy in front");
  }
  ListenAddress address = options.listen;
  address.port = (*server)->port();
  std::cout << "listening on http://" << address.text() << std::endl;

  shutdown.wait();
  spdlog::info("draining");
  if ((*server)->stop() == RunningServer::Stopped::abandoned) {
    spdlog::warn("some requests did not end in time; their runs go on after the next start");
    spdlog::shutdown();
    std::_Exit(exit_codes::done);
  }
  server->reset();
  spdlog::info("stopped");
  spdlog::shutdown();  // writes what still waits in the queue
  return exit_codes::done;
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("serve", "Run the server until SIGTERM.");
  auto parser = std::make_shared<ServerOptionsParser>(*command);
  command->callback([parser, &exit_code] {
    const auto options = parser->options();
    const auto checked = options ? check(*options) : Outcome(options.error());
    if (!checked) {
      std::cerr << "millrace: " << checked.error().message << std::endl;
      exit_code = exit_codes::usage;
    } else if (parser->wants_print()) {
      std::cout << parser->config_text();
    } else {
      exit_code = serve(*options);
    }
  });
}

}  // namespace millrace
