#pragma once
// The options of `millrace serve`. Each is declared once, in server_options.cpp, with its name, its
// help, its default and how it is read; option_set.h says where values may come from.

#include "http/api/api_call.h"
#include "http/outbound/curl_http_caller.h"
#include "http/server/option_set.h"
#include "http/wire/http_server.h"
#include "http/wire/listener.h"
#include "runtime/base/result.h"

#include <string>

namespace CLI {
class App;
}

namespace millrace {

struct ServerOptions {
  std::string data_dir = "millrace-data";
  bool in_memory = false;
  bool relaxed_durability = false;
  std::string postgres;  // empty: the store lies in the data directory
  std::string postgres_schema = "millrace";
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

  /// After parsing: adds environment and config file, checks, converts. Errors: invalid_request, with
  /// the place of the value.
  Result<ServerOptions> options();
  bool wants_print() const { return print_config_; }
  /// Every option with its effective value, as a config file. The admin key is not shown.
  std::string config_text() const { return set_.config_text(); }
  const OptionSet& set() const { return set_; }

 private:
  void add_server_options();
  void add_outbound_options();
  void add_time_options();

  OptionSet set_;
  ServerOptions parsed_;
  bool print_config_ = false;
  std::string config_;
};

}  // namespace millrace
