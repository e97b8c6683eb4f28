#pragma once
// The options of `millrace serve`. Each is declared once, in server_options.cpp, with its name, its
// help and its default; from that declaration come the flag (`--data-dir`), the environment variable
// (`MILLRACE_DATA_DIR`), the key of the config file (`data-dir = …`) and the line of
// `--print-config`. The flag wins over the environment, the environment over the file.

#include "http/api/api_call.h"
#include "http/outbound/curl_http_caller.h"
#include "http/wire/http_server.h"
#include "http/wire/listener.h"
#include "runtime/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace millrace {

struct ServerOptions {
  std::string data_dir = "millrace-data";
  bool in_memory = false;
  bool relaxed_durability = false;
  ListenAddress listen;
  std::string admin_key;                 // empty: one is made and kept in the data directory
  std::string secrets_key_file;          // empty: see secrets_key.h
  std::string function_worker;           // empty: beside our own binary
  std::size_t function_workers_max = 0;  // 0: one per core
  Millis drain{10'000};
  OutboundOptions outbound;
  HttpServerOptions http;
  ApiOptions api;
  std::string log_level = "info";
};

/// The command-line face of ServerOptions. Must live until the command line is parsed.
class ServerOptionsParser {
 public:
  explicit ServerOptionsParser(CLI::App& app);

  /// After parsing: adds the config file, checks, converts. Errors: invalid_request, with the
  /// nearest known name for an unknown key.
  Result<ServerOptions> options();
  bool wants_print() const { return print_config_; }
  /// Every option with its effective value, as a config file. The admin key is not shown.
  std::string config_text() const;

 private:
  Outcome read_config_file();
  Outcome apply(std::string_view line, std::size_t number);

  CLI::App& app_;
  std::vector<std::string> names_;
  bool print_config_ = false;
  std::string config_;

  // As text, the way a user writes them.
  ServerOptions parsed_;
  std::string listen_ = "127.0.0.1:8080";
  std::string durability_ = "synced";
  std::vector<std::string> egress_allow_;
  std::string drain_ = "10s";
  std::string idle_ = "60s";
  std::string request_head_ = "10s";
  std::string transfer_ = "60s";
  std::string response_hold_ = "55s";
};

}  // namespace millrace
